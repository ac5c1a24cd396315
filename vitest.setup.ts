import fc from "fast-check";

/** The same cases in every run, so that a failure stays until it is fixed; `FC_SEED=$RANDOM npm test` looks for others. */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20261124) });
