/** The environment of this process. No other module reads `process.env`. */
export const environment: NodeJS.ProcessEnv = process.env;
