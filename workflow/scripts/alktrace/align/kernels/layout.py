"""Numbers that Python code and compiled kernels agree on. No imports, no logic."""

WORD = 16  # bases of a word; the genome is looked up at every fourth base, so 19 exact bases hold one for certain
HASH = 0x9E3779B97F4A7C15  # multiplicative hash (2^64 / golden ratio); its top bits address bitmap and table
COPIES = 32  # reads kept for a word; what that many hold is searched
UNSEEN = 4  # words in a row, one in four bases, that a read may have for itself and yet be like those searched
TARGET_WORDS = 3  # words of the targets, one in four bases, by which a fragment belongs to them
REPEATED = 250  # places of a word, of those looked up, beyond which it is set aside

MISMATCH = 2  # cost of a mismatch, in matches
DROP = 10  # an extension ends this much below its best score
LEAST_SCORE = 20  # of a segment; minimap2 asks for as much
GAP = 250_000  # longest intron or deletion between segments of one placement
JUMP = 4  # cost of a gap between segments
OVERLAP = 12  # bases by which segments of one placement may overlap in the read
WORSE = 60  # per cent of the best score over the same bases that another placement must reach
MOST = 20  # placements kept over the same bases of a read

# state of the index, int64[INDEX_STATE]
USED_TEXT = 0  # bytes of text used
FRAGMENTS = 1  # fragments read
READS = 2  # reads stored
BASES = 3  # bases stored
WORDS = 4  # different words
PLACES = 5  # occurrences stored
SKIPPED = 6  # fragments like those searched
FULL = 7  # which table is full: 1 words or occurrences, 2 reads or bases
INDEX_STATE = 8

# state of the extension, int64[EXTEND_STATE]
HITS_DONE = 0
SEGMENTS = 1  # rows written
PLACE = 2  # of the hit that is not done, the place to go on at, else -1
EXTEND_STATE = 3
