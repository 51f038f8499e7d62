// ReDoc takes its colours when it starts. When the browser's setting changes, the page is reloaded.
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => location.reload());

const text = "#dddddd";
const theme = {
  colors: {
    primary: { main: "#8ab4f8" },
    success: { main: "#7bc67e" },
    error: { main: "#ff8a80" },
    text: { primary: text, secondary: "#b8bcc2" },
    gray: { 50: "#26292e", 100: "#33373d" },
    border: { dark: "#5f6368", light: "#3c4043" },
    responses: {
      success: { color: "#7bc67e", backgroundColor: "#1f3322" },
      error: { color: "#ff9e95", backgroundColor: "#3a2323" },
      redirect: { color: "#ffcf6b", backgroundColor: "#3a3220" },
      info: { color: "#8ad4e8", backgroundColor: "#1f3137" },
    },
  },
  schema: {
    nestedBackground: "#26292e",
    linesColor: "#5f6368",
    typeNameColor: "#b8bcc2",
    typeTitleColor: "#8ab4f8",
    requireLabelColor: "#ff8a80",
    arrow: { color: "#b8bcc2" },
  },
  typography: {
    code: { color: "#ffab9e", backgroundColor: "#33373d" },
    links: { color: "#8ab4f8", visited: "#8ab4f8", hover: "#c6dafc" },
  },
  sidebar: { backgroundColor: "#26292e", textColor: text, activeTextColor: "#8ab4f8" },
  rightPanel: { backgroundColor: "#15171a" },
};
if (dark.matches) document.querySelector("redoc").setAttribute("theme", JSON.stringify(theme));
