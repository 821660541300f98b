import './basic.js';
import './indexed.js';
import './operators.js';
import './spreading.js';
import './transforms.js';
import './windows.js';

export { DOT_TABLES } from '../../support/dot-table.js';
