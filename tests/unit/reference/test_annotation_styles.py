"""The same facts in the words of GENCODE, Ensembl, RefSeq and UCSC, and annotations that lack what is looked for."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from alktrace.genome.contigs import alternates, genome_build
from alktrace.genome.fasta import Genome
from alktrace.genome.transcripts import COORDINATES, PIN, SAME_EXONS, Annotation, Transcript
from alktrace.genome.twobit import TwoBit, write_twobit
from alktrace.knowledge.fusions import read_tables
from alktrace.knowledge.panel import read_panel
from alktrace.knowledge.transcripts import ReferenceTranscript, read_transcripts
from alktrace.reference.fit import unfit_genes
from alktrace.reference.genome import prepare_annotation
from alktrace.runtime.errors import InputError
from alktrace.runtime.paths import KNOWLEDGE, RESOURCES
from alktrace.simulate import genome as synthetic
from alktrace.structure.junction import Structure
from alktrace.structure.labels import label

PANEL = RESOURCES / "panel.tsv"
TABLE = read_transcripts(RESOURCES / "transcripts.tsv")
GENOME = synthetic.build_genome()
Rewrite = Callable[[str], str]
ATTRIBUTE = re.compile(r'(\w+) "?([^";]*)"?;')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic genome made ready, and its annotation in GENCODE's words."""
    folder = tmp_path_factory.mktemp("styles")
    synthetic.write_fasta(GENOME, folder / "source.fa")
    synthetic.write_gtf(GENOME, folder / "gencode.gtf")
    write_twobit(folder / "source.fa", folder / "genome.2bit")
    return folder


def read(
    folder: Path, text: str, out: Path, fasta: str = "genome.2bit"
) -> tuple[Annotation, dict[str, dict[str, str]]]:
    """The annotation that the workflow makes of a GTF, and its record."""
    (out / "genes.gtf").write_text(text)
    record = out / "record.json"
    prepare_annotation(
        folder / fasta, out / "genes.gtf", PANEL, out / "annotation.tsv", out / "introns.bed", RESOURCES, record
    )
    return Annotation.load(out / "annotation.tsv"), json.loads(record.read_text())


def refseq_id(ensembl: str) -> str:
    return next((row.refseq for row in TABLE.values() if row.refseq and row.ensembl.split(".")[0] == ensembl), "")


def ensembl(line: str) -> str:
    """Version numbers apart, other words, tags on the transcript row only, no MANE tag."""
    line = re.sub(r'(gene|transcript)_id "(\w+)\.(\d+)"', r'\1_id "\2"; \1_version "\3"', line)
    line = line.replace("gene_type", "gene_biotype").replace("transcript_type", "transcript_biotype")
    tags = r'tag "[^"]*";' if "\ttranscript\t" not in line else r'tag "MANE_Select";'
    return re.sub(tags, "", line)


def refseq(line: str) -> str:
    """Symbols as gene_id, NM_ accessions where there is one, `MANE Select`, no gene_name."""
    attributes = dict(ATTRIBUTE.findall(line.split("\t")[8]))
    symbol, transcript = attributes["gene_name"], attributes.get("transcript_id", "")
    accession = refseq_id(transcript.split(".")[0]) or transcript
    tag = ' tag "MANE Select";' if "MANE_Select" in line else ""
    words = f'gene_id "{symbol}"; transcript_id "{accession}"; db_xref "GeneID:1"; gene "{symbol}";{tag}'
    return "\t".join([*line.split("\t")[:8], f'{words} transcript_biotype "mRNA"; exon_number "1";']) + "\n"


def ucsc(line: str) -> str:
    """Accessions as gene_id too, and no symbol anywhere; no tag."""
    attributes = dict(ATTRIBUTE.findall(line.split("\t")[8]))
    transcript = attributes.get("transcript_id", "")
    accession = refseq_id(transcript.split(".")[0]) or transcript
    named = any(transcript.split(".")[0] in row.accessions for row in TABLE.values())
    symbol = "" if named else f' gene_name "{attributes["gene_name"]}";'
    words = f'gene_id "{accession if named else attributes["gene_id"]}"; transcript_id "{accession}";{symbol}'
    return "\t".join([*line.split("\t")[:8], words]) + "\n"


def with_stop(text: str) -> str:
    """Coding sequences that count the stop codon in: the rows of stop codons become CDS."""
    return text.replace("\tstop_codon\t", "\tCDS\t")


def by_line(change: Callable[[str], str]) -> Rewrite:
    return lambda text: "".join(
        change(line)
        for line in text.splitlines(keepends=True)
        if not line.startswith("#") and not (change is not ensembl and "\tgene\t" in line)
    )


STYLES: dict[str, Rewrite] = {
    "no MANE tags": lambda text: text.replace(' tag "MANE_Select";', ""),
    "no tags": lambda text: re.sub(r' tag "[^"]*";', "", text),
    "Ensembl": by_line(ensembl),
    "RefSeq": by_line(refseq),
    "UCSC": by_line(ucsc),
    "other versions": lambda text: re.sub(r'(ENST0000\d+)\.\d+"', r'\1.99"', text),
    "stop codon in the CDS": with_stop,
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
}


def catalogued() -> list[str]:
    tables = read_tables(KNOWLEDGE)
    genes = (
        {v.five_gene for v in tables.variants} | {p.gene for p in tables.partners} | {g.gene for g in read_panel(PANEL)}
    )
    return sorted(gene for gene in genes if gene in GENOME.transcripts)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_gives_the_same_transcripts(folder: Path, tmp_path: Path, style: str) -> None:
    models, _ = read(folder, STYLES[style]((folder / "gencode.gtf").read_text()), tmp_path)
    for gene in catalogued():
        expected, found = GENOME.transcripts[gene], models[gene]
        assert (found.exons, found.cds, found.strand) == (expected.exons, expected.cds, expected.strand), gene


def test_an_alternative_contig_changes_nothing(folder: Path, tmp_path: Path) -> None:
    """ALK and EML4 once more on an alternative contig: its sequence and its genes are left out."""
    source, text = (folder / "source.fa").read_text(), (folder / "gencode.gtf").read_text()
    contig = GENOME.transcripts["ALK"].contig
    bases = GENOME.contigs[contig]
    for name in (f"{contig}_KI270774v1_alt", "HSCHR2_1_CTG7_2", "NW_003315909.1", "KQ983257.1"):
        copy = "".join(re.sub(rf"^{contig}\t", f"{name}\t", line) for line in text.splitlines(True) if '"ALK"' in line)
        (tmp_path / "source.fa").write_text(f">{name}\n{bases}\n{source}")
        write_twobit(tmp_path / "source.fa", tmp_path / "genome.2bit")
        assert TwoBit(tmp_path / "genome.2bit").lengths == {name: len(bases) for name, bases in GENOME.contigs.items()}
        models, _ = read(tmp_path, copy + text, tmp_path)
        assert models["ALK"] == GENOME.transcripts["ALK"]


@pytest.mark.parametrize("contig", ["chr1", "chr3", "chr7"])
def test_a_second_gene_called_alk_does_not_win(folder: Path, tmp_path: Path, contig: str) -> None:
    text, alk = (folder / "gencode.gtf").read_text(), GENOME.transcripts["ALK"]
    own = "".join(line for line in text.splitlines(True) if '"ALK"' in line)
    copy = re.sub(rf"^{alk.contig}\t", f"{contig}\t", moved(own, 100 - alk.start), flags=re.MULTILINE)
    models, _ = read(folder, copy + text, tmp_path)
    assert models["ALK"] == alk


# ---------------------------------------------------------------- the real EML4
def gtf_of(row: ReferenceTranscript, name: str, exons: Iterable[tuple[int, int]], more: str = "") -> str:
    """GENCODE rows of one transcript of a gene at its place on GRCh38, coding between the reference codons."""
    reference = Transcript(row.gene, "", "", "", row.contig, row.strand, row.exons, row.cds)
    low, high = sorted(map(reference.to_genome, row.cds))
    words = f'gene_id "G_{row.gene}"; transcript_id "{name}"; gene_name "{row.gene}"; {more}'
    text = ""
    for start, end in exons:
        text += f"{row.contig}\tx\texon\t{start}\t{end}\t.\t{row.strand}\t.\t{words}\n"
        if start <= high and end >= low:
            text += f"{row.contig}\tx\tCDS\t{max(start, low)}\t{min(end, high)}\t.\t{row.strand}\t0\t{words}\n"
    return text


@pytest.fixture(scope="module")
def sparse(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sparse")
    write_twobit(shared / "real" / "grch38_chr2_sparse.fa.gz", folder / "genome.2bit")
    return folder


MICROEXON = (42264731 + 188, 42264731 + 220)  # exon 6b, counted as exon 7 by ENST00000401738
EML4, ALK = TABLE["EML4"], TABLE["ALK"]
LONGER = gtf_of(EML4, "ENST00000401738.3", (*EML4.exons[:6], MICROEXON, *EML4.exons[6:]), 'tag "Ensembl_canonical";')
OWN = gtf_of(EML4, "ENST00000318522.10", EML4.exons)
SHORTER_ENDS = gtf_of(
    EML4, "X1", ((EML4.exons[0][0] + 40, EML4.exons[0][1]), *EML4.exons[1:22], (EML4.exons[22][0], 42331000))
)
FIRST_HALF = gtf_of(EML4, "ENST00000402711.1", EML4.exons[:9], 'tag "cds_end_NF"; tag "mRNA_end_NF";')


@pytest.mark.parametrize(
    ("models", "rule"),
    [
        (LONGER + OWN, PIN),
        (LONGER + SHORTER_ENDS, SAME_EXONS),
        (LONGER, COORDINATES),
        (FIRST_HALF, COORDINATES),
    ],
)
def test_eml4_is_numbered_as_published(sparse: Path, tmp_path: Path, models: str, rule: str) -> None:
    annotation, record = read(sparse, models + gtf_of(ALK, "ENST00000389048.8", ALK.exons), tmp_path)
    found = annotation["EML4"]
    assert found.rule == rule
    assert record["transcripts"]["EML4"] == f"{found.transcript_id} ({rule})"
    assert found.exons[5] == EML4.exons[5] and found.exons[12] == EML4.exons[12] and len(found.exons) == 23
    assert found.cds is not None
    assert [found.to_coding(found.exon_end(exon)) for exon in (2, 6, 13, 20)] == [208, 667, 1489, 2242]


def moved(text: str, by: int) -> str:
    def change(line: str) -> str:
        cells = line.split("\t")
        return "\t".join([*cells[:3], str(int(cells[3]) + by), str(int(cells[4]) + by), *cells[5:]])

    return "".join(map(change, text.splitlines(keepends=True)))


def without_exon(text: str, gene: str, exon: int) -> str:
    """The GTF without one exon of a gene's stated transcript, which has no known name or tag."""
    start, end = GENOME.transcripts[gene].exons[exon - 1]
    inside = re.compile(rf"\t(exon|CDS)\t({start}\t\d+|\d+\t{end})\t")
    text = "".join(line for line in text.splitlines(True) if not (f'"{gene}"' in line and inside.search(line)))
    return text.replace(GENOME.transcripts[gene].transcript_id, "X1").replace(' tag "MANE_Select";', "")


def test_a_label_is_withheld_where_exon_numbers_are_others(folder: Path, tmp_path: Path) -> None:
    """EML4 not at its place on GRCh38, with another exon count only: no variant is named, the reason is said."""
    annotation, _ = read(folder, without_exon((folder / "gencode.gtf").read_text(), "EML4", 2), tmp_path)
    eml4, alk = annotation["EML4"], annotation["ALK"]
    assert (eml4.numbered, len(eml4.exons), alk.numbered) == (False, 22, True)
    found = label(junction(eml4, alk), read_tables(KNOWLEDGE))
    assert found.variant is None
    assert found.knowledge is not None
    assert found.knowledge.match == "withheld"
    assert "X1" in found.knowledge.conflict_note


def junction(five: Transcript, three: Transcript) -> Structure:
    """Exon 13 of one gene joined to exon 20 of the other."""
    values = {f.name: 0 for f in dataclasses.fields(Structure) if f.default is dataclasses.MISSING}
    values |= {"five": five, "three": three, "five_exon": 13, "three_exon": 20}  # type: ignore[dict-item]
    values |= {n: "" for n in ("inserted", "untemplated") if n in values}  # type: ignore[misc]
    return Structure(**values)  # type: ignore[arg-type]


# ---------------------------------------------------------------- what does not fit
def test_files_of_two_builds_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"coding sequences of \d+ of \d+ panel genes.*ALK.*same genome build"
    ) as caught:
        read(folder, moved((folder / "gencode.gtf").read_text().replace("##", "#", 0).split("\n", 2)[2], 7), tmp_path)
    assert "\n" not in str(caught.value)


def shifted(text: str, gene: str) -> str:
    own = [line for line in text.splitlines(True) if f'"{gene}"' in line]
    return "".join(line for line in text.splitlines(True) if line not in set(own)) + moved("".join(own), 5)


def test_one_panel_gene_that_does_not_translate(folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        models, record = read(folder, shifted((folder / "gencode.gtf").read_text(), "KRAS"), tmp_path)
    assert models.get("KRAS") is None and models.get("NRAS") is not None
    assert list(record["not_assessable"]) == ["KRAS"]
    (warning,) = [r.getMessage() for r in caplog.records]
    assert "KRAS is not assessable" in warning and "does not fit the FASTA" in warning


def test_exon_numbers_of_the_panel_are_bound_to_their_transcript(folder: Path, tmp_path: Path) -> None:
    """MET without its first exon: exon 14 would be another one."""
    models, record = read(folder, without_exon((folder / "gencode.gtf").read_text(), "MET", 1), tmp_path)
    assert models.get("MET") is None
    assert "20 exons" in record["not_assessable"]["MET"]


def test_kinase_domains_fit_their_transcripts() -> None:
    for domain in read_tables(KNOWLEDGE).domains:
        first, last = TABLE[domain.gene].cds
        assert domain.unit == "exon" or domain.last <= (last - first + 1) // 3, domain


def test_kinase_domain_beyond_the_end(folder: Path) -> None:
    whole = GENOME.transcripts["NTRK3"]
    short = replace(whole, cds=(whole.cds or (1, 1))[:1] + ((whole.cds or (1, 1))[0] + 3 * 825 - 1,))
    domain = replace(next(d for d in read_tables(KNOWLEDGE).domains if d.gene == "NTRK3"), last=839)
    gene = next(g for g in read_panel(PANEL) if g.gene == "NTRK3")
    alk = next(g for g in read_panel(PANEL) if g.gene == "ALK")
    models = Annotation([short, GENOME.transcripts["ALK"]])
    reasons = unfit_genes(models, [alk, gene], TABLE, [domain], Genome(folder / "genome.2bit"), Path("genes.gtf"))
    assert list(reasons) == ["NTRK3"] and "825 codons" in reasons["NTRK3"] and "839" in reasons["NTRK3"]


def test_alk_without_its_transcript_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"genes\.gtf: ALK: X1 .*28 exons.*use a GTF"):
        read(folder, without_exon((folder / "gencode.gtf").read_text(), "ALK", 2), tmp_path)


def test_moved_symbols_are_found(folder: Path, tmp_path: Path) -> None:
    text = (folder / "gencode.gtf").read_text().replace('"ZZNBR1"', '"C2orf44"')
    models, _ = read(folder, text, tmp_path)
    assert models.get("WDCP") is not None and models.get("C2orf44") is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("\t11\t30\t", "\t30\t11\t"), "line 1: exon starts at 30, behind its end 11"),
        (("\t+\t", "\t.\t"), "line 1: strand '.' of T1"),
        (("\t11\t30\t", "\t1\u00b2\t30\t"), "line 1: exon from '1\u00b2' to '30'"),
        (("\t11\t30\t", "\t0\t30\t"), "line 1: exon from '0' to '30'"),
        (("REPEAT", ""), "line 4: this exon of T1 is there twice"),
        (("STRAND", ""), "line 2: strand '-' of T1"),
    ],
)
def test_rows_that_cannot_be(folder: Path, tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    row = 'chr2\tx\t{}\t{}\t{}\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "ALK";\n'
    text = row.format("exon", 11, 30) + row.format("exon", 51, 90) + row.format("CDS", 15, 30)
    if change[0] == "REPEAT":
        text += row.format("exon", 11, 30)
    elif change[0] == "STRAND":
        lines = text.splitlines(True)
        text = lines[0] + lines[1].replace("\t+\t", "\t-\t") + lines[2]
    else:
        text = text.replace(*change)
    with pytest.raises(InputError, match=re.escape(expected)) as caught:
        read(folder, text, tmp_path)
    assert "\n" not in str(caught.value)


# ---------------------------------------------------------------- contigs
def test_alternative_contigs_by_name() -> None:
    names = ["chr2", "2", "NC_000002.12", "chrUn_KI270442v1", "chrM", "chr2_KI270774v1_alt", "chr2_KN538362v1_fix"]
    names += [
        "HSCHR2_1_CTG7_2",
        "CHR_HSCHR2_1_CTG1",
        "HG2290_PATCH",
        "NW_003315909.1",
        "NT_187523.1",
        "KI270774.1",
        "HPV16",
    ]
    assert alternates(names) == {
        "chr2_KI270774v1_alt", "chr2_KN538362v1_fix", "HSCHR2_1_CTG7_2", "CHR_HSCHR2_1_CTG1", "HG2290_PATCH",
        "NW_003315909.1", "NT_187523.1", "KI270774.1",
    }  # fmt: skip
    assert alternates(["NT_187523.1"]) == set()


@pytest.mark.parametrize(
    ("lengths", "build"),
    [
        ({"chr1": 248956422, "chr2": 242193529}, "GRCh38"),
        ({"1": 249250621, "2": 243199373, "MT": 16569}, "GRCh37"),
        ({"NC_000002.12": 242193529}, "GRCh38"),
        ({"chr1": 248387328}, "T2T-CHM13v2.0"),
        ({"chr1": 1000, "chr2": 242193529, "chr3": 1}, "unknown"),
        ({"scaffold_1": 242193529}, "unknown"),
    ],
)
def test_build_by_lengths(lengths: dict[str, int], build: str) -> None:
    assert genome_build(lengths, RESOURCES / "genome_builds.tsv") == build


def test_pins_of_the_panel_are_those_of_the_table() -> None:
    for gene in read_panel(PANEL):
        if gene.transcript:
            assert TABLE[gene.gene].ensembl.split(".")[0] == gene.transcript
