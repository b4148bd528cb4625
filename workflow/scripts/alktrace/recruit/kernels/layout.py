"""Numbers that Python code and compiled kernels agree on. No imports, no logic."""

from __future__ import annotations

K = 16  # bases of a recruiting k-mer
SPARSE = 44  # from this length on a read is sampled closely near its ends only (scan.scan_bases)
SPAN = 24  # bases of a direct-scan k-mer (64-bit code), at least SPAN_MARGIN on either side of the junction
SPAN_MARGIN = 8
HASH = 0x9E3779B97F4A7C15  # multiplicative hash (2^64 / golden ratio); its top bits address tables
FILTER_BITS = (40, 34, 28)  # where in the hash the bits of the filter are taken, six each
MAX_READ = 32767  # longest read, bases; longer ones are not short reads
# counters of one mate, int64[STATE_SIZE]
CONSUMED = 0  # bytes of the buffer that belong to whole records
ERROR = 1  # one of the codes below, 0 = none
ERROR_AT = 2  # byte where the bad record starts
BASES = 3
Q30 = 4
RECORDS = 5  # records scanned so far, all buffers
LINE = 6  # length of the last sequence line, predicts the next
MATE = 7  # ASCII digit of the mate
STATE_SIZE = 8
# what is wrong with a record
NO_AT, CUT, NO_PLUS, UNEQUAL, NO_BASES, TOO_LONG, NO_NAME, NO_QUALITIES = 1, 2, 3, 4, 5, 6, 7, 8
# flags of one record, uint16: bit 15 = recruited, bits 8-14 = control k-mers (at most 127), bits 0-7 = control gene
KEEP = 1 << 15
CONTROL_MASK = 0xFF
CONTROL_SHIFT = 8
CONTROL_MOST = 127
CONTROL_LEAST = 2  # k-mers of one control gene that a pair must hold: one alone may be chance
# counters of the merge, int64[PAIR_SIZE]
PAIRS = 0
KEPT = 1
CONTROLS = 2
LEVEL = 3  # duplicates: fragments whose hash has this many zero bits at its end are sampled
DISTINCT = 4
SAMPLED = 5
MISMATCH = 6  # set when the names of a pair differ
PAIR_SIZE = 7
DUPLICATE_BITS = 17  # slots of the duplicate table (2^17); half of them may be used
CONTROL_BITS = 20  # slots of the table of control fragments (2^20), each counts copies
MOST_COPIES = 65535  # a slot counts no further
# counters of the writer, int64[WRITE_SIZE]
DONE = 0  # pairs written of those handed over
WRITTEN = 1  # bytes in the output buffer
TRIMMED = 2
SERIAL = 3  # pairs seen by the direct scan, all calls
WRITE_SIZE = 4
# adapter read-through, see trim.py
LEAST_OVERLAP = 20
BASES_PER_MISMATCH = 10
LEAST_ADAPTER = 10
# 3' adapters of the common kits (Illumina document 1000000002694, "Illumina Adapter Sequences"): TruSeq read 1 and 2,
# Nextera transposase, small RNA.
ADAPTERS = (
    b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCA",
    b"AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT",
    b"CTGTCTCTTATACACATCT",
    b"TGGAATTCTCGGGTGCCAAGG",
)
