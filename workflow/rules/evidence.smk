# Reads of the targets out of the whole input, against the places in the genome that they fit, or against all of it.


rule gather_evidence:
    input:
        unpack(get_aligner_reference),
        unpack(get_bam_needs),
        reads=get_reads,
        targets=get_targets("bin"),
        kernels="work/reference/kernels.done",
        junctions="work/reference/junctions.bed",
    output:
        bam="results/{sample}/evidence.bam",
        bai="results/{sample}/evidence.bam.bai",
        stats="work/{sample}/recruit.json",
        record="work/{sample}/inputs.json",
        version="work/{sample}/align.json",
    log:
        "work/logs/{sample}/gather_evidence.log",
    benchmark:
        "work/benchmarks/{sample}/gather_evidence.tsv"
    conda:
        ALIGNER_ENV
    threads: 2
    resources:
        mem_mb=scaled(1500, INDEX_BYTES),
        runtime=minutes(180),
    params:
        sheet=describe("assay"),
        units=get_units,
        # A changed parameter makes the sample anew: files put in the place of others (whatever their dates), a new program.
        files=get_file_marks,
        program=PROGRAM,
        keep_all=not SETTINGS["recruit"],
        way=WAY,
    message:
        "{wildcards.sample}: recruit reads of the targets and align them"
    script:
        "../scripts/gather_evidence.py"
