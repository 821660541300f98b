import DefaultTheme from 'vitepress/theme-without-fonts';
import './style.css';

/** Components that pages use, by name. */
const COMPONENTS = {};

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    for (const [name, component] of Object.entries(COMPONENTS)) app.component(name, component);
  },
};
