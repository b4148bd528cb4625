# Configuration, sample sheet and the look-ups every stage uses. Nothing else reads the sheet.


import sys
from functools import cache
from os import environ, pathsep
from pathlib import Path

from snakemake.settings.types import ExecMode

# Beside this file in a checkout; of the installed package where Snakemake fetches the rules from a repository.
HERE = Path(str(workflow.current_basedir.get_path_or_uri(secret_free=True))).resolve().parent
if (HERE / "scripts" / "alktrace").is_dir():
    sys.path.insert(0, str(HERE / "scripts"))
    # Scripts run in processes of their own, where an installed package would come before the folder of the script.
    environ["PYTHONPATH"] = pathsep.join([str(HERE / "scripts"), *filter(None, [environ.get("PYTHONPATH")])])

from alktrace.cohort.closing import Files, close_failed_run, close_run
from alktrace.cohort.names import combined_groups, combined_stem
from alktrace.inputs.configuration import complete, find_file, load_schema
from alktrace.inputs.intervals import contig_names
from alktrace.inputs.normals import sort_normals
from alktrace.inputs.profile import check_profile
from alktrace.inputs.sheet import Sample, check_content, read_sheet
from alktrace.knowledge.check import check_tables
from alktrace.reference.download import file_names, source
from alktrace.report.files import EVIDENCE, VIEWS
from alktrace.runtime.errors import InputError
from alktrace.runtime.provenance import program_digest
from alktrace.runtime.paths import KNOWLEDGE, RESOURCES, SCHEMAS

PANEL = str(RESOURCES / "panel.tsv")
REFERENCE_TABLES = [
    str(RESOURCES / "transcripts.tsv"),
    str(RESOURCES / "genome_builds.tsv"),
    str(KNOWLEDGE / "domains.tsv"),
]
TARGET_TABLES = [
    str(KNOWLEDGE / f"{name}.tsv")
    for name in (
        "eml4_alk_variants",
        "alk_partners",
        "domains",
        "hotspots",
        "bypass",
    )
]
REFERENCE_SOURCES = RESOURCES / "reference_sources.tsv"
KNOWLEDGE_TABLES = sorted(map(str, KNOWLEDGE.glob("*.tsv")))
PROGRAM = program_digest()


def read_inputs():
    """The complete configuration, the sheet by sample, the reference files and the normal samples by assay and library.
    Paths in the configuration and in the sheet are relative to the working directory, else to the folder of the file
    that names them."""
    settings = complete(config, load_schema(SCHEMAS / "config.schema.yaml"))
    folders = [Path.cwd(), *(Path(file).resolve().parent for file in workflow.configfiles)]
    sheet = find_file("configuration: key samples", settings["samples"], folders)
    given = settings["reference"]
    if "build" in given:
        names = file_names(source(REFERENCE_SOURCES, given["build"], str(given["release"])))
        reference = {key: Path("work/reference/source") / name for key, name in names.items()}
    else:
        reference = {
            key: find_file(f"configuration: key reference.{key}", given[key], folders) for key in ("fasta", "gtf")
        }
    schema = load_schema(SCHEMAS / "samples.schema.yaml")
    samples = read_sheet(sheet, schema, [Path.cwd(), sheet.resolve().parent])
    if workflow.exec_mode == ExecMode.DEFAULT:  # jobs of a cluster need not look again
        check_tables(RESOURCES)
        check_content(sheet, samples, cache(lambda: contig_names(reference["fasta"])))
    listed = [find_file("configuration: key normals", name, folders) for name in settings["normals"]]
    normals = sort_normals(listed, (Path("results") / sample.id / "report.json" for sample in samples))
    return settings, {sample.id: sample for sample in samples}, reference, normals


try:
    if workflow.exec_mode == ExecMode.DEFAULT and HERE.is_dir():
        # PWD: the working directory is another one by now.
        check_profile(sys.argv[1:], HERE.parent, Path(environ.get("PWD", ".")))
    SETTINGS, SAMPLES, REFERENCE, NORMALS = read_inputs()
except InputError as error:
    # One line for the user; an exception would bring a traceback of this file.
    sys.exit(f"alktrace: {error}")

COMBINED = combined_groups(SAMPLES.values())
REPORT_VIEWS = {**VIEWS, **(EVIDENCE if SETTINGS["report"]["evidence_view"] else {})}

# How reads are aligned: "search", or with an index of the whole genome: "whole" or "split" (minimap2), "star".
WAY = "star" if SETTINGS["aligner"] == "star" else SETTINGS["reference"]["index"].replace("none", "search")
# Memory of the aligner's index for each base of the genome: docs/performance.md.
INDEX_BYTES = {"search": 0, "whole": 7, "split": 2, "star": 11}[WAY]
ALIGNER_ENV = f"../../envs/{'star' if WAY == 'star' else 'minimap2'}.yaml"
HUMAN_GENOME = 3100  # million bases: a reference that is still to be fetched


wildcard_constraints:
    sample="[A-Za-z0-9][A-Za-z0-9._-]{0,63}",


def get_final_output():
    """All reports and the cohort pages. A rule makes its files together, so one stands for all; those that were lost
    since are asked for by name."""
    reports = [f"results/{sample}/report.json" for sample in SAMPLES]
    lost = [
        f"results/{sample}/{file}"
        for sample, report in zip(SAMPLES, reports)
        if Path(report).exists()
        for file in (*REPORT_VIEWS.values(), "evidence.bam")
        if not Path(f"results/{sample}/{file}").exists()
    ]
    return [
        *reports,
        *lost,
        "results/cohort/summary.tsv",
        "results/cohort/index.html",
    ]


def get_reads(wildcards):
    """The read files of a sample as the user gave them."""
    return [str(path) for path in SAMPLES[wildcards.sample].inputs]


def get_file_marks(wildcards):
    """Size and date of each read file: other ones mean other files, also where the dates are older."""
    return [[stat.st_size, stat.st_mtime_ns] for stat in (path.stat() for path in SAMPLES[wildcards.sample].inputs)]


def get_targets(ending):
    """An input function: what recruiting looks for in the sample's assay (`bin`), or what masking left of it (`tsv`)."""
    return lambda wildcards: (
        f"work/reference/targets{'_dna' if SAMPLES[wildcards.sample].assay == 'dna' else ''}.{ending}"
    )


def get_units(wildcards):
    """The same, by unit and column."""
    return [
        {"unit": unit.name, **{column: str(path) for column, path in unit.inputs.items()}}
        for unit in SAMPLES[wildcards.sample].units
    ]


def get_bam_needs(wildcards):
    """What a sample given as BAM or CRAM needs besides: where reads of the targets may lie, and the genome."""
    if all(unit.bam is None for unit in SAMPLES[wildcards.sample].units):
        return {}
    return {
        "places": "work/reference/target_places.bed",
        "packed": "work/reference/genome.2bit",
        "fasta": str(REFERENCE["fasta"]),
    }


def get_targets_bed(wildcards):
    """The BED of baits or primers, if the sample has one."""
    targets = SAMPLES[wildcards.sample].targets
    return [str(targets)] if targets else []


def get_normals(wildcards):
    """Reports of the normal samples that have the sample's assay and library."""
    sample = SAMPLES[wildcards.sample]
    return [str(path) for path in NORMALS.get((sample.assay, sample.library), [])]


def get_aligner_reference(wildcards):
    """What the recruited reads are aligned to: the genome and its gene models, or an index."""
    if WAY != "search":
        return {"index": "work/reference/star" if WAY == "star" else "work/reference/genome.mmi"}
    return {"genome": "work/reference/genome.2bit", "annotation": "work/reference/annotation.tsv", "panel": PANEL}


def get_combined_page(wildcards):
    """From a sample's folder to the page of its patient's RNA and DNA; empty where the sheet has only one of both."""
    sample = SAMPLES[wildcards.sample]
    if (sample.patient, sample.timepoint) not in COMBINED:
        return ""
    return f"../cohort/patients/{combined_stem(sample.patient, sample.timepoint)}.html"


def describe(*columns):
    """An input function for `params`: the named columns of the sheet as a dictionary of text."""
    return lambda wildcards: {column: getattr(SAMPLES[wildcards.sample], column) for column in columns}


def scaled(megabytes, per_genome_megabyte=0):
    """Memory in MB, a part of it by the size of the genome FASTA (gzip holds about 3.5 times its size), that grows with
    each attempt."""
    genome = REFERENCE["fasta"]
    packed = 3.5 if genome.suffix == ".gz" else 1
    size = genome.stat().st_size / 1e6 * packed if genome.exists() else HUMAN_GENOME
    return lambda wildcards, attempt: (megabytes + int(size * per_genome_megabyte)) * attempt


def minutes(first):
    """Run time in minutes that grows with each attempt."""
    return lambda wildcards, attempt: first * attempt
