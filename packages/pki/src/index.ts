/** What this package promises to nobody yet is not exported. */
export {};
