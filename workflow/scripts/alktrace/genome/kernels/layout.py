"""Numbers that Python code and compiled kernels agree on. No imports, no logic."""

# code of a base in the .2bit format (UCSC Genome Browser, "twoBit sequence archives"); a base and its complement
# differ in bit 1. Bases that are not known are stored as T and listed as intervals.
T, C, A, G = 0, 1, 2, 3
UNKNOWN, SKIPPED, HEADER, WRONG = 4, 5, 6, 7  # classes of other bytes in a FASTA file

# state of the packer, int64[PACK_STATE]
USED = 0  # bytes of the text that were read
BASES = 1  # bases of the contig so far
BYTE = 2  # bases that do not fill a byte yet
RUN = 3  # first base of the run of unknown bases that is open, -1 for none
RUNS = 4  # runs written to the tables
PROBLEM = 5  # one more than the byte that is no base, 0 = none
LINE_START = 6  # whether the next byte begins a line
PACK_STATE = 7
