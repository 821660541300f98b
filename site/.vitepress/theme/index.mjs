import DefaultTheme from 'vitepress/theme-without-fonts';
import RunBlock from './RunBlock.vue';
import './style.css';

/** Components that pages use, by name. */
const COMPONENTS = { RunBlock };

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    for (const [name, component] of Object.entries(COMPONENTS)) app.component(name, component);
  },
};
