# Evidence to findings to pages: junctions, codons, interpretation. report.json is the truth; everything else is a view.


rule report_sample:
    input:
        bam="results/{sample}/evidence.bam",
        bai="results/{sample}/evidence.bam.bai",
        stats="work/{sample}/recruit.json",
        reads_record="work/{sample}/inputs.json",
        aligner="work/{sample}/align.json",
        genome="work/reference/genome.2bit",
        annotation="work/reference/annotation.tsv",
        reference_record="work/reference/reference.json",
        annotation_record="work/reference/annotation.json",
        masked=get_targets("tsv"),
        panel=PANEL,
        knowledge=KNOWLEDGE_TABLES,
        targets_bed=get_targets_bed,
        normals=get_normals,
    output:
        **{name: f"results/{{sample}}/{file}" for name, file in REPORT_VIEWS.items() if name != "html"},
        fusions="work/{sample}/fusions.json",
        mutations="work/{sample}/mutations.json",
        report="results/{sample}/report.json",
        html=report(
            "results/{sample}/report.html",
            caption="../report/sample.rst",
            category="Samples",
            labels={"sample": "{sample}"},
        ),
    log:
        "work/logs/{sample}/report_sample.log",
    benchmark:
        "work/benchmarks/{sample}/report_sample.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=minutes(60),
    params:
        sheet=describe("patient", "timepoint", "assay", "library", "umi", "head"),
        settings={key: SETTINGS[key] for key in ("recruit", "aligner", "thresholds")},
        shown=SETTINGS["report"],
        views=list(REPORT_VIEWS),
        combined=get_combined_page,
    message:
        "{wildcards.sample}: type fusions, screen codons, write the report"
    script:
        "../scripts/report_sample.py"


# Only when asked for by name: it needs WeasyPrint, which nothing else does.
rule render_pdf:
    input:
        html="results/{sample}/report.html",
    output:
        pdf="results/{sample}/report.pdf",
    log:
        "work/logs/{sample}/render_pdf.log",
    benchmark:
        "work/benchmarks/{sample}/render_pdf.tsv"
    conda:
        "../../envs/pdf.yaml"
    threads: 1
    resources:
        mem_mb=scaled(1000),
        runtime=minutes(10),
    message:
        "{wildcards.sample}: write the report as PDF"
    script:
        "../scripts/render_pdf.py"
