# Recruited reads against the whole reference.


rule align_reads:
    input:
        reads="work/{sample}/recruited.fq.gz",
        stats="work/{sample}/recruit.json",
        index="work/reference/genome.mmi",
        junctions="work/reference/junctions.bed",
    output:
        bam="results/{sample}/evidence.bam",
        bai="results/{sample}/evidence.bam.bai",
        version="work/{sample}/aligner.json",
    log:
        "work/logs/{sample}/align_reads.log",
    benchmark:
        "work/benchmarks/{sample}/align_reads.tsv"
    conda:
        "../../envs/minimap2.yaml"
    threads: 2
    resources:
        mem_mb=scaled(1000, INDEX_BYTES),
        runtime=60,
    params:
        sheet=describe("assay"),
        split=SETTINGS["reference"]["split_index"],
    message:
        "{wildcards.sample}: align recruited reads"
    script:
        "../scripts/align_reads.py"
