"""Study files for cBioPortal."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

import report_fixtures as made
from alktrace.cohort.cbioportal import MAF_COLUMNS, SV_COLUMNS, _alleles, classification, safe_ids, write_study
from alktrace.model.records import GenomicChange
from alktrace.model.vocabulary import ChangeType


def rows(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return [dict(zip(lines[0].split("\t"), line.split("\t"), strict=True)) for line in lines[1:]]


def test_study_joins_samples_patients_and_events(tmp_path: Path) -> None:
    _, one = made.build(tmp_path / "a", "fusion", patient="Jörg / 1")
    _, two = made.build(tmp_path / "b", "negative", patient="Jörg / 1")
    two.sample.id = "S2"
    write_study([one, two], tmp_path / "study")
    clinical = rows(tmp_path / "study" / "data_clinical_sample.txt")
    assert [r["SAMPLE_ID"] for r in clinical] == ["S1", "S2"]
    assert clinical[0]["PATIENT_ID"] == clinical[1]["PATIENT_ID"] != "Jörg / 1"
    heads = (tmp_path / "study" / "data_clinical_sample.txt").read_text().splitlines()[:4]
    assert all(line.startswith("#") and line.count("\t") == len(clinical[0]) - 1 for line in heads)
    variants = rows(tmp_path / "study" / "data_sv.txt")
    assert tuple(variants[0]) == SV_COLUMNS
    assert {(v["Sample_Id"], v["Site1_Hugo_Symbol"], v["Site2_Hugo_Symbol"]) for v in variants} == {
        ("S1", "EML4", "ALK")
    }
    assert {v["SV_Status"] for v in variants} == {"SOMATIC"}
    (change,) = rows(tmp_path / "study" / "data_mutations.txt")
    assert tuple(change) == MAF_COLUMNS
    assert (change["HGVSp_Short"], change["Variant_Classification"]) == ("p.G1202R", "Missense_Mutation")
    lists = {path.name: path.read_text() for path in (tmp_path / "study" / "case_lists").iterdir()}
    assert "case_list_ids: S1\tS2\n" in lists["cases_sequenced.txt"]
    assert "stable_id: alktrace_sv\n" in lists["cases_sv.txt"]
    for meta in (tmp_path / "study").glob("meta_*.txt"):
        fields = dict(line.split(": ", 1) for line in meta.read_text().splitlines())
        assert fields["cancer_study_identifier"] == "alktrace"
        if "data_filename" in fields:
            assert (tmp_path / "study" / fields["data_filename"]).is_file()


def test_names_stay_apart_and_safe() -> None:
    safe = safe_ids(["a b", "a_b", "a/b", "A_B", "患者", "x\ty"])
    assert len({name.lower() for name in safe.values()}) == 6
    assert all(
        set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") for name in safe.values()
    )


# What cBioPortal's documentation of file formats asks for (docs.cbioportal.org/file-formats).
SV_DOCUMENTED = {
    *("Sample_Id", "SV_Status", "NCBI_Build", "Class", "Tumor_Split_Read_Count", "Tumor_Paired_End_Read_Count"),
    *("Event_Info", "Annotation", "RNA_Support", "DNA_Support", "Comments", "Site2_Effect_On_Frame"),
    *(f"Site{n}_{name}" for n in (1, 2) for name in ("Hugo_Symbol", "Ensembl_Transcript_Id", "Region")),
    *(f"Site{n}_{name}" for n in (1, 2) for name in ("Region_Number", "Chromosome", "Position")),
}
MAF_REQUIRED = {
    *("Hugo_Symbol", "NCBI_Build", "Chromosome", "Variant_Classification", "Reference_Allele", "Tumor_Seq_Allele2"),
    *("Tumor_Sample_Barcode", "HGVSp_Short"),
}


def test_columns_are_the_documented_ones() -> None:
    assert set(SV_COLUMNS) <= SV_DOCUMENTED
    assert set(MAF_COLUMNS) >= MAF_REQUIRED


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (GenomicChange("chr2", 100, "C", "T"), ("2", 100, 100, "C", "T")),
        (GenomicChange("chr2", 100, "CAG", "C"), ("2", 101, 102, "AG", "-")),
        (GenomicChange("2", 100, "C", "CTTT"), ("2", 100, 101, "-", "TTT")),
    ],
)
def test_alleles_as_a_maf_writes_them(change: GenomicChange, expected: tuple[object, ...]) -> None:
    row = _alleles(change)
    names = ("Chromosome", "Start_Position", "End_Position", "Reference_Allele", "Tumor_Seq_Allele2")
    assert tuple(row[name] for name in names) == expected


def test_classes_of_changes() -> None:
    change = made.g1202r()
    assert classification(change) == "Missense_Mutation"
    assert classification(replace(change, hgvs_p="p.(Gly1202=)")) == "Silent"
    assert classification(replace(change, hgvs_p="p.(Gly1202Ter)")) == "Nonsense_Mutation"
    assert classification(replace(change, hgvs_p="p.(Gly1202del)", type=ChangeType.DEL)) == "In_Frame_Del"
    assert classification(replace(change, hgvs_p="p.(Gly1202ArgfsTer3)", type=ChangeType.DEL)) == "Frame_Shift_Del"
