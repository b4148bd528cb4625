# One sample, from its reads to its report, in the order of the data. The stages always run together and share a process:
# to start one costs more than most of them. Each leaves its record, and its seconds in the log.


rule analyse_sample:
    input:
        unpack(get_bam_needs),
        reads=get_reads,
        targets_bed=get_targets_bed,
        targets=get_targets("bin"),
        masked=get_targets("tsv"),
        genome="work/reference/genome.2bit",
        annotation="work/reference/annotation.tsv",
        junctions="work/reference/junctions.bed",
        index=get_aligner_index,
        panel=PANEL,
        kernels="work/reference/kernels.done",
        reference_record="work/reference/reference.json",
        annotation_record="work/reference/annotation.json",
        normals=get_normals,
    output:
        # Reads of the targets, with the counts of the whole input; where they align.
        stats="work/{sample}/recruit.json",
        record="work/{sample}/inputs.json",
        bam="results/{sample}/evidence.bam",
        bai="results/{sample}/evidence.bam.bai",
        # Junctions: found, assembled, counted, typed. Codons of the kinase domain and the bypass hotspots.
        fusions="work/{sample}/fusions.json",
        screen="work/{sample}/screen.json",
        # report.json is the truth; everything else is a view of it.
        report="results/{sample}/report.json",
        html=report(
            "results/{sample}/report.html",
            caption="../report/sample.rst",
            category="Samples",
            labels={"sample": "{sample}"},
        ),
        tables=expand("results/{{sample}}/{file}", file=REPORT_VIEWS[1:]),
    log:
        "work/logs/{sample}/analyse_sample.log",
    benchmark:
        "work/benchmarks/{sample}/analyse_sample.tsv"
    conda:
        ALIGNER_ENV
    threads: 2
    resources:
        mem_mb=scaled(2000, INDEX_BYTES),
        runtime=minutes(180),
    params:
        sheet=describe("patient", "timepoint", "assay", "library", "umi", "head"),
        units=get_units,
        settings={key: SETTINGS[key] for key in ("recruit", "aligner", "thresholds")},
        shown=SETTINGS["report"],
        combined=get_combined_page,
        way=WAY,
        # A changed parameter makes the sample anew: files put in the place of others (whatever their dates), a new
        # program, other tables (as inputs of each of many samples they would be most of what Snakemake looks after).
        files=get_file_marks,
        program=PROGRAM,
        knowledge=KNOWLEDGE_DIGEST,
    message:
        "{wildcards.sample}: recruit, align, type fusions, screen codons, report"
    script:
        "../scripts/analyse_sample.py"


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
