# Reads that share k-mers with the targets, and the counts of the whole input.


rule recruit_reads:
    input:
        unpack(get_bam_needs),
        reads=get_reads,
        targets=get_targets("bin"),
        kernels="work/reference/kernels.done",
    output:
        reads=temp("work/{sample}/recruited.fq.gz"),
        stats="work/{sample}/recruit.json",
        record="work/{sample}/inputs.json",
    log:
        "work/logs/{sample}/recruit_reads.log",
    benchmark:
        "work/benchmarks/{sample}/recruit_reads.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=scaled(1000),
        runtime=120,
    params:
        units=get_units,
        # A changed parameter makes the sample anew: files put in the place of others (whatever their dates), a new program.
        files=get_file_marks,
        program=PROGRAM,
        keep_all=not SETTINGS["recruit"],
    message:
        "{wildcards.sample}: recruit reads of the targets"
    script:
        "../scripts/recruit_reads.py"
