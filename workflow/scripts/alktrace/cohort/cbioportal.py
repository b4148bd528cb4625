"""Study files for cBioPortal: structural variants, mutations and the clinical table with their meta files.

Columns and values are those of cBioPortal's documented file formats (docs.cbioportal.org/file-formats). Identifiers
there may hold letters, digits, `.`, `_` and `-` only; other signs are replaced and names that would become alike get
a digest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..model.findings import fusion_label
from ..model.records import Fusion, GenomicChange, Mutation, ReportFindings
from ..model.vocabulary import Confidence, Frame, Kind
from ..report.escape import cell
from ..runtime.files import write_text

SV_COLUMNS = (
    *("Sample_Id", "SV_Status", "Site1_Hugo_Symbol", "Site1_Ensembl_Transcript_Id", "Site1_Region"),
    *("Site1_Region_Number", "Site1_Chromosome", "Site1_Position", "Site2_Hugo_Symbol", "Site2_Ensembl_Transcript_Id"),
    *("Site2_Region", "Site2_Region_Number", "Site2_Chromosome", "Site2_Position", "Site2_Effect_On_Frame"),
    *("NCBI_Build", "Class", "RNA_Support", "DNA_Support", "Tumor_Split_Read_Count", "Tumor_Paired_End_Read_Count"),
    *("Event_Info", "Annotation", "Comments"),
)
MAF_COLUMNS = (
    *("Hugo_Symbol", "NCBI_Build", "Chromosome", "Start_Position", "End_Position", "Variant_Classification"),
    *("Variant_Type", "Reference_Allele", "Tumor_Seq_Allele2", "Tumor_Sample_Barcode", "HGVSc", "HGVSp_Short"),
    *("Protein_position", "t_alt_count", "t_ref_count"),
)
PATIENT_COLUMNS = ("PATIENT_ID", "SAMPLE_ID", "TIMEPOINT", "ASSAY", "LIBRARY", "ALK_REARRANGEMENT", "KINASE_DOMAIN")
CASE_LISTS = (  # suffix, category, name: those that cBioPortal asks for beside mutations and structural variants
    ("sequenced", "all_cases_with_mutation_data", "Samples with mutation data"),
    ("sv", "all_cases_with_sv_data", "Samples with structural variant data"),
)
FRAMES = {Frame.IN_FRAME: "In_frame", Frame.OUT_OF_FRAME: "Out-of-frame", Frame.UNDETERMINED: "NA"}
_ONE_LETTER = re.compile(r"^[A-Z*]\d+")


def write_study(reports: Sequence[ReportFindings], out: Path, study: str = "alktrace") -> None:
    """Write the study's files into `out`, rows in the order of `reports`."""
    samples = safe_ids(report.sample.id for report in reports)
    patients = safe_ids(report.sample.patient or report.sample.id for report in reports)
    files = {
        "meta_study.txt": _meta(
            type_of_cancer="nsclc",
            cancer_study_identifier=study,
            name="ALK findings (alktrace)",
            description="ALK fusions and kinase-domain changes. Research use only.",
            add_global_case_list="true",
        ),
        "meta_clinical_sample.txt": _data_meta(study, "CLINICAL", "SAMPLE_ATTRIBUTES", "data_clinical_sample.txt"),
        "data_clinical_sample.txt": _clinical(reports, samples, patients),
        "meta_sv.txt": _data_meta(
            study,
            "STRUCTURAL_VARIANT",
            "SV",
            "data_sv.txt",
            stable_id="structural_variants",
            show_profile_in_analysis_tab="true",
            profile_name="Structural variants",
            profile_description="Junctions of medium or high confidence",
        ),
        "data_sv.txt": _table(
            SV_COLUMNS,
            (_sv(f, r, samples[r.sample.id]) for r in reports for f in r.fusions if f.confidence != Confidence.LOW),
        ),
        "meta_mutations.txt": _data_meta(
            study,
            "MUTATION_EXTENDED",
            "MAF",
            "data_mutations.txt",
            stable_id="mutations",
            show_profile_in_analysis_tab="true",
            profile_name="Mutations",
            profile_description="Called changes",
        ),
        "data_mutations.txt": _table(
            MAF_COLUMNS,
            (row for r in reports for m in r.mutations for row in _maf(m, samples[r.sample.id], build_of(r))),
        ),
    }
    for suffix, category, what in CASE_LISTS:
        files[f"case_lists/cases_{suffix}.txt"] = _meta(
            cancer_study_identifier=study,
            stable_id=f"{study}_{suffix}",
            case_list_name=what,
            case_list_description=f"{what} ({len(samples)})",
            case_list_category=category,
            case_list_ids="\t".join(samples.values()),
        )
    for name, text in files.items():
        write_text(out / name, text)


def safe_ids(names: Iterable[str]) -> dict[str, str]:
    """A safe identifier for each name, unique also where letters differ by case only."""
    safe: dict[str, str] = {}
    taken: set[str] = set()
    for name in dict.fromkeys(names):
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
        if plain != name or plain.lower() in taken:
            plain = f"{plain[:40]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        taken.add(plain.lower())
        safe[name] = plain
    return safe


def _meta(**fields: str) -> str:
    return "".join(f"{key}: {value}\n" for key, value in fields.items())


def _data_meta(study: str, kind: str, datatype: str, file: str, **more: str) -> str:
    fields = {"cancer_study_identifier": study, "genetic_alteration_type": kind, "datatype": datatype}
    return _meta(**fields, **more, data_filename=file)


def _table(columns: Sequence[str], rows: Iterable[dict[str, object]]) -> str:
    lines = ["\t".join(columns)]
    lines.extend("\t".join(cell(row.get(column)) for column in columns) for row in rows)
    return "\n".join(lines) + "\n"


def _clinical(reports: Sequence[ReportFindings], samples: dict[str, str], patients: dict[str, str]) -> str:
    """The clinical table: four header lines (name, description, type, priority), then the columns."""
    heads = ("\t".join(PATIENT_COLUMNS),) * 2
    types = "\t".join(["STRING"] * len(PATIENT_COLUMNS))
    priorities = "\t".join(["1"] * len(PATIENT_COLUMNS))
    rows: Iterable[dict[str, object]] = (
        {
            "PATIENT_ID": patients[r.sample.patient or r.sample.id],
            "SAMPLE_ID": samples[r.sample.id],
            "TIMEPOINT": r.sample.timepoint,
            "ASSAY": r.sample.assay,
            "LIBRARY": r.sample.library,
            "ALK_REARRANGEMENT": r.verdict.alk_rearrangement.state,
            "KINASE_DOMAIN": r.verdict.kinase_domain.state,
        }
        for r in reports
    )
    return "".join(f"#{line}\n" for line in (*heads, types, priorities)) + _table(PATIENT_COLUMNS, rows)


def _sv(fusion: Fusion, report: ReportFindings, sample: str) -> dict[str, object]:
    row: dict[str, object] = {
        "Sample_Id": sample,
        "SV_Status": "SOMATIC",
        "Site2_Effect_On_Frame": FRAMES[fusion.frame],
        "NCBI_Build": build_of(report),
        "Class": (fusion.event_type or "").upper(),
        "RNA_Support": "Yes" if report.sample.assay == "rna" else "No",
        "DNA_Support": "Yes" if report.sample.assay == "dna" else "No",
        "Tumor_Split_Read_Count": fusion.support.split_fragments,
        "Tumor_Paired_End_Read_Count": fusion.support.spanning_fragments,
        "Event_Info": "Fusion",
        "Annotation": f"{fusion_label(fusion)} {fusion.names.vicc if fusion.names else fusion.notation}",
        "Comments": "" if fusion.kind == Kind.KINASE_FUSION else fusion.kind.replace("_", " "),
    }
    for number, side in ((1, fusion.five_prime), (2, fusion.three_prime)):
        row |= {
            f"Site{number}_Hugo_Symbol": side.gene,
            f"Site{number}_Ensembl_Transcript_Id": side.transcript,
            f"Site{number}_Region": "Exon" if side.exon else "",
            f"Site{number}_Region_Number": side.exon,
            f"Site{number}_Chromosome": side.contig.removeprefix("chr"),
            f"Site{number}_Position": side.position,
        }
    return row


def _maf(change: Mutation, sample: str, build: str) -> list[dict[str, object]]:
    """Rows of one change; one that an intron splits has two."""
    row = _maf_row(change, sample, build)
    return [row | _alleles(one) for one in change.genomic] or [row]


def _maf_row(change: Mutation, sample: str, build: str) -> dict[str, object]:
    return {
        "Hugo_Symbol": change.gene,
        "NCBI_Build": build,
        "Variant_Classification": classification(change),
        "Variant_Type": {"snv": "SNP", "mnv": "ONP", "ins": "INS", "del": "DEL"}.get(change.type, "ONP"),
        "Tumor_Sample_Barcode": sample,
        "HGVSc": f"{change.transcript}:{change.hgvs_c}",
        "HGVSp_Short": f"p.{change.short}" if _ONE_LETTER.match(change.short) else change.hgvs_p,
        "Protein_position": change.codon,
        "t_alt_count": change.alt_fragments,
        "t_ref_count": change.ref_fragments,
    }


def build_of(report: ReportFindings) -> str:
    """The genome build as cBioPortal writes it; "NA" for one that it does not know."""
    return next((build for build in ("GRCh38", "GRCh37") if build in report.provenance.genome_build), "NA")


def _alleles(one: GenomicChange) -> dict[str, object]:
    """The change on the + strand as a MAF writes it: without the base that a VCF sets before an insertion or deletion,
    "-" for no base."""
    ref, alt, start = one.ref, one.alt, one.position
    while ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    insertion = not ref
    return {
        "Chromosome": one.contig.removeprefix("chr"),
        "Start_Position": start - insertion,
        "End_Position": start if insertion else start + len(ref) - 1,
        "Reference_Allele": ref or "-",
        "Tumor_Seq_Allele2": alt or "-",
    }


def classification(change: Mutation) -> str:
    """MAF variant classification, from the protein's name."""
    if "=" in change.hgvs_p:
        return "Silent"
    if "fs" in change.hgvs_p:
        return "Frame_Shift_Ins" if change.type == "ins" else "Frame_Shift_Del"
    if change.hgvs_p.rstrip(")").endswith(("Ter", "*")):
        return "Nonsense_Mutation"
    if change.type in ("ins", "del", "delins"):
        return "In_Frame_Ins" if change.type == "ins" else "In_Frame_Del"
    return "Missense_Mutation"
