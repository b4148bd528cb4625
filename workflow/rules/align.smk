# Recruited reads against the places in the genome that they fit, or against all of it.


rule align_reads:
    input:
        unpack(get_aligner_reference),
        reads="work/{sample}/recruited.fq.gz",
        stats="work/{sample}/recruit.json",
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
        mem_mb=scaled(1500, INDEX_BYTES),
        runtime=60,
    params:
        sheet=describe("assay"),
        way=WAY,
    message:
        "{wildcards.sample}: align recruited reads"
    script:
        "../scripts/align_reads.py"
