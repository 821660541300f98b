export { COMM_SELF, COMM_WORLD } from './wire.js';
