export { accessesOf, type CertificateStatus, type ClusterCaStatus, caStatus, differingRoots } from "./caStatus.ts";
export {
  applyCaCerts,
  declaredRoots,
  type IssueChoice,
  issueForCluster,
  makeCaCerts,
  type SecretOutcome,
  type WriteChoice,
} from "./clusterCaCerts.ts";
export { passphraseVariable } from "./commandSigner.ts";
export { credentialFiles, issueForAccess, issueForClient } from "./external.ts";
export { type IssueOptions, type IssueResult, issueCertificates, restartNeeded } from "./issueCertificates.ts";
export { importCa, initCa, type KeyFileMade } from "./keyFileSetup.ts";
export { type NamedFile, readKeyFile } from "./keyFiles.ts";
export { type Ca, type CaKind, type CaOptions, inFolder, openCa } from "./openCa.ts";
export { readCaCertsFolder, readTextFile, writeSecretFiles } from "./pemFiles.ts";
export { publishedRoots } from "./publishedRoots.ts";
