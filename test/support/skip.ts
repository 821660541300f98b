export { skip } from '../../src/testing/skip.js';
