/**
 * The error of a case that needs a feature which the library or the backend of the run does not
 * have.
 */
export class NotSupported extends Error {}
