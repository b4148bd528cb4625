"""`report.fhir.json`: a FHIR R4B bundle after the HL7 Genomics Reporting guide.

The resources are valid FHIR; whether they conform to the guide's profiles has not been tested, so `meta.profile` is not
set. The report's status is always `preliminary`: a person signs, not a program. Identifiers are UUIDs made from the
content, so the same report gives the same bytes.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from msgspec.json import encode

from ..model.findings import detected_name, fusion_label
from ..model.records import Fusion, FusionNames, Mutation, Report
from ..model.vocabulary import Confidence, State

_LOINC = "http://loinc.org"
_STATES = {State.DETECTED: ("LA9633-4", "Present"), State.NOT_DETECTED: ("LA9634-2", "Absent")}
_UNKNOWN = {
    "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "code": "unknown",
    "display": "Unknown",
}
Resource = dict[str, Any]


def fhir_bundle(report: Report) -> str:
    """Text of the bundle: a DiagnosticReport with its Patient, Specimen and Observations."""
    space = uuid.uuid5(uuid.NAMESPACE_URL, "alktrace:" + encode(report).decode())
    patient = _entry(space, "patient", {"resourceType": "Patient", "identifier": [{"value": _patient(report)}]})
    subject = {"reference": patient["fullUrl"]}
    specimen = _entry(space, "specimen", _specimen(report, subject))
    common = {"status": "preliminary", "subject": subject, "specimen": {"reference": specimen["fullUrl"]}}
    observations = [
        _entry(space, f"observation {number}", {"resourceType": "Observation", **common, **content})
        for number, content in enumerate(_observations(report))
    ]
    diagnostic = {
        "resourceType": "DiagnosticReport",
        **common,
        "specimen": [common["specimen"]],
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "GE"}]}],
        "code": _code("51969-4", "Genetic analysis report"),
        "result": [{"reference": entry["fullUrl"]} for entry in observations],
        "conclusion": f"Research use only. {report.verdict.summary}",
    }
    entries = [_entry(space, "report", diagnostic), patient, specimen, *observations]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(bundle, indent=1, ensure_ascii=False) + "\n"


def _entry(space: uuid.UUID, name: str, resource: Resource) -> Resource:
    identifier = str(uuid.uuid5(space, name))
    return {"fullUrl": f"urn:uuid:{identifier}", "resource": {**resource, "id": identifier}}


def _patient(report: Report) -> str:
    return report.sample.patient or report.sample.id


def _specimen(report: Report, subject: Resource) -> Resource:
    resource: Resource = {"resourceType": "Specimen", "identifier": [{"value": report.sample.id}], "subject": subject}
    if report.sample.specimen:
        resource["type"] = {"text": report.sample.specimen.replace("_", " ")}
    return resource


def _code(code: str, display: str) -> Resource:
    return {"coding": [{"system": _LOINC, "code": code, "display": display}], "text": display}


def _component(code: str, display: str, text: str) -> Resource:
    return {"code": _code(code, display), "valueCodeableConcept": {"text": text}}


def _state(state: State) -> Resource:
    """Present, absent, or not known: the only three answers."""
    if state in _STATES:
        code, display = _STATES[state]
        return {"valueCodeableConcept": {"coding": [{"system": _LOINC, "code": code, "display": display}]}}
    return {"dataAbsentReason": {"coding": [_UNKNOWN], "text": "not assessable"}}


def _observations(report: Report) -> list[Resource]:
    verdict = report.verdict
    asked = (
        ("ALK rearrangement", verdict.alk_rearrangement),
        ("ALK kinase domain change", verdict.kinase_domain),
        ("Bypass event", verdict.bypass),
    )
    found = [
        {"code": {"text": name}, **_state(finding.state), "note": [{"text": finding.reason}]} for name, finding in asked
    ]
    found += [_fusion(one) for one in report.fusions if one.confidence != Confidence.LOW]
    found += [_mutation(one) for one in report.mutations]
    return found + [
        {
            "code": {"text": f"Bypass event: {detected_name(one)}"},
            **_state(one.state),
            **({"note": [{"text": one.reason}]} if one.reason else {}),
        }
        for one in report.bypass
        if one.state is State.DETECTED
    ]


def _fusion(fusion: Fusion) -> Resource:
    names = fusion.names
    genes = [side.gene for side in (fusion.five_prime, fusion.three_prime) if side.gene]
    return {
        "code": _code("69548-6", "Genetic variant assessment"),
        **_state(State.DETECTED),
        "component": [
            *(_component("48018-6", "Gene studied [ID]", gene) for gene in genes),
            *(_named(name, text) for name, text in _names(names) if text),
            _named(
                "Name", f"{fusion_label(fusion)}, {fusion.kind.replace('_', ' ')}, {fusion.frame.replace('_', ' ')}"
            ),
            _named("Supporting fragments", str(fusion.support.unique_fragments)),
        ],
    }


def _names(names: FusionNames | None) -> list[tuple[str, str]]:
    """The names of a fusion that have no code of their own."""
    if names is None:
        return []
    return [
        ("Fusion by the VICC nomenclature", names.vicc),
        ("Fusion transcript (r.HGVS)", names.hgvs_r),
        ("Fusion protein, after HGVS", names.hgvs_p),
        ("After ISCN, from sequencing", names.iscn),
    ]


def _named(name: str, text: str) -> Resource:
    """A component without a code of its own: what no code system names stays text."""
    return {"code": {"text": name}, "valueCodeableConcept": {"text": text}}


def _mutation(change: Mutation) -> Resource:
    return {
        "code": _code("69548-6", "Genetic variant assessment"),
        **_state(State.DETECTED),
        "component": [
            _component("48018-6", "Gene studied [ID]", change.gene),
            _component("48004-6", "DNA change (c.HGVS)", f"{change.transcript}:{change.hgvs_c}"),
            _component("48005-3", "Amino acid change (pHGVS)", change.hgvs_p),
            {
                "code": _code("81258-6", "Sample variant allelic frequency [NFr]"),
                "valueQuantity": {"value": round(change.vaf, 6), "system": "http://unitsofmeasure.org", "code": "1"},
            },
        ],
    }
