/** The kinds of theme that VS Code has, with the colours that its default ones give a page. */
export const themes = {
  light: {
    class: "vscode-light",
    colors: {
      "charts-blue": "#0063d3", "charts-green": "#388a34", "charts-purple": "#652d90", "charts-red": "#f85149",
      "editor-background": "#ffffff", foreground: "#3b3b3b", descriptionForeground: "#3b3b3b", "panel-border": "#e5e5e5", 
      "list-hoverBackground": "#f2f2f2", "list-inactiveSelectionBackground": "#e4e6f1", focusBorder: "#005fb8", "textLink-foreground": "#005fb8",
      "button-background": "#005fb8", "button-foreground": "#ffffff", "button-hoverBackground": "#0258a8", "button-border": "#0000001a", "button-secondaryBackground": "#e5e5e5",
      "button-secondaryForeground": "#3b3b3b", "button-secondaryHoverBackground": "#cccccc", "toolbar-hoverBackground": "#b8b8b850", "input-background": "#ffffff",
      "input-foreground": "#3b3b3b", "input-border": "#cecece", "editorWarning-foreground": "#bf8803", errorForeground: "#f85149", "editorHoverWidget-background": "#f8f8f8",
      "editorHoverWidget-foreground": "#3b3b3b", "editorHoverWidget-border": "#c8c8c8", "progressBar-background": "#005fb8",
    },
  },
  dark: {
    class: "vscode-dark",
    colors: {
      "charts-blue": "#59a4f9", "charts-green": "#89d185", "charts-purple": "#b180d7", "charts-red": "#f85149",
      "editor-background": "#1f1f1f", foreground: "#cccccc", descriptionForeground: "#9d9d9d", "panel-border": "#2b2b2b", 
      "list-hoverBackground": "#2a2d2e", "list-inactiveSelectionBackground": "#37373d", focusBorder: "#0078d4", "textLink-foreground": "#4daafc",
      "button-background": "#0078d4", "button-foreground": "#ffffff", "button-hoverBackground": "#026ec1", "button-border": "#ffffff12", "button-secondaryBackground": "#313131",
      "button-secondaryForeground": "#cccccc", "button-secondaryHoverBackground": "#3c3c3c", "toolbar-hoverBackground": "#5a5d5e50", "input-background": "#313131",
      "input-foreground": "#cccccc", "input-border": "#3c3c3c", "editorWarning-foreground": "#cca700", errorForeground: "#f85149", "editorHoverWidget-background": "#202020",
      "editorHoverWidget-foreground": "#cccccc", "editorHoverWidget-border": "#454545", "progressBar-background": "#0078d4",
    },
  },
  "high-contrast": {
    class: "vscode-high-contrast",
    colors: {
      "charts-blue": "#3794ff", "charts-green": "#89d185", "charts-purple": "#b180d7", "charts-red": "#f48771",
      "editor-background": "#000000", foreground: "#ffffff", descriptionForeground: "#ffffffb3", contrastBorder: "#6fc3df", contrastActiveBorder: "#f38518", focusBorder: "#f38518",
      "textLink-foreground": "#21a6ff", "button-background": "#000000", "button-foreground": "#ffffff", "button-secondaryForeground": "#ffffff", "input-background": "#000000",
      "button-secondaryBackground": "#000000", "button-hoverBackground": "#000000", "button-secondaryHoverBackground": "#000000", "list-hoverBackground": "#ffffff1a",
      "list-inactiveSelectionBackground": "#000000", "toolbar-hoverBackground": "#000000",
      "input-foreground": "#ffffff", "editorWarning-foreground": "#ffd370", errorForeground: "#f48771", "editorHoverWidget-background": "#0c141f", "editorHoverWidget-foreground": "#ffffff",
      "progressBar-background": "#6fc3df", "panel-border": "#6fc3df",
    },
  },
  "high-contrast-light": {
    class: "vscode-high-contrast-light vscode-high-contrast",
    colors: {
      "charts-blue": "#1a85ff", "charts-green": "#374e06", "charts-purple": "#652d90", "charts-red": "#b5200d",
      "editor-background": "#ffffff", foreground: "#292929", descriptionForeground: "#292929b3", contrastBorder: "#0f4a85", contrastActiveBorder: "#006bbd", focusBorder: "#006bbd",
      "textLink-foreground": "#0f4a85", "button-background": "#0f4a85", "button-foreground": "#ffffff", "button-secondaryForeground": "#292929", "button-secondaryBackground": "#ffffff",
      "button-hoverBackground": "#0f4a85", "button-secondaryHoverBackground": "#ffffff", "list-hoverBackground": "#0f4a851a", "list-inactiveSelectionBackground": "#ffffff",
      "toolbar-hoverBackground": "#ffffff",
      "input-background": "#ffffff", "input-foreground": "#292929", "editorWarning-foreground": "#895503", errorForeground: "#b5200d", "editorHoverWidget-background": "#ffffff",
      "editorHoverWidget-foreground": "#292929", "progressBar-background": "#0f4a85", "panel-border": "#0f4a85",
    },
  },
} as const;

export type ThemeName = keyof typeof themes;
