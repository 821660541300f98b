import { dotTests } from '../support/dot-table.js';
import { DOT_TABLES } from './tables/index.js';

for (const [title, table] of DOT_TABLES) dotTests(title, table);
