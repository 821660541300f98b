/** A page has no environment: every variable has its default. */
export const environment: NodeJS.ProcessEnv = {};
