/** The case needs something that the library, or the backend of the run, does not have. */
export class NotSupported extends Error {}
