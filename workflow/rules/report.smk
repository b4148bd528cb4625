# report.json is the truth; everything else is a view of it.


rule write_report:
    input:
        stats="work/{sample}/recruit.json",
        reads_record="work/{sample}/inputs.json",
        reference_record="work/reference/reference.json",
        annotation="work/reference/annotation.tsv",
        annotation_record="work/reference/annotation.json",
        aligner="work/{sample}/aligner.json",
        fusions="work/{sample}/fusions.json",
        screen="work/{sample}/screen.json",
        knowledge=KNOWLEDGE_TABLES,
    output:
        report="results/{sample}/report.json",
    log:
        "work/logs/{sample}/write_report.log",
    benchmark:
        "work/benchmarks/{sample}/write_report.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=scaled(1000),
        runtime=10,
    params:
        sheet=describe("patient", "timepoint", "assay", "library", "umi", "head"),
        settings={key: SETTINGS[key] for key in ("recruit", "aligner", "thresholds")},
    message:
        "{wildcards.sample}: interpret the findings"
    script:
        "../scripts/write_report.py"


rule render_report:
    input:
        report="results/{sample}/report.json",
        fusions="work/{sample}/fusions.json",
        screen="work/{sample}/screen.json",
        bam="results/{sample}/evidence.bam",
        bai="results/{sample}/evidence.bam.bai",
        genome="work/reference/genome.2bit",
        annotation="work/reference/annotation.tsv",
        knowledge=KNOWLEDGE_TABLES,
    output:
        html=report(
            "results/{sample}/report.html",
            caption="../report/sample.rst",
            category="Samples",
            labels={"sample": "{sample}"},
        ),
        tables=expand("results/{{sample}}/{file}", file=REPORT_VIEWS[1:]),
    log:
        "work/logs/{sample}/render_report.log",
    benchmark:
        "work/benchmarks/{sample}/render_report.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=scaled(1000),
        runtime=10,
    params:
        settings={"max_lod_vaf": SETTINGS["thresholds"]["max_lod_vaf"], **SETTINGS["report"]},
    message:
        "{wildcards.sample}: write the HTML report and the tables"
    script:
        "../scripts/render_report.py"


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
        runtime=10,
    message:
        "{wildcards.sample}: write the report as PDF"
    script:
        "../scripts/render_pdf.py"
