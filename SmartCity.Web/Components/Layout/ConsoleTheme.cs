using MudBlazor;

namespace SmartCity.Web.Components.Layout;

/// <summary>Colours and shapes; console.css has the same ones as variables.</summary>
internal static class ConsoleTheme
{
    private static readonly string[] Face = ["system-ui", "Segoe UI", "Roboto", "sans-serif"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0b5c8f",
            Secondary = "#4d5d69",
            Background = "#f4f6f8",
            Surface = "#ffffff",
            DrawerBackground = "#ffffff",
            DrawerText = "#16222c",
            DrawerIcon = "#4d5d69",
            AppbarBackground = "#ffffff",
            AppbarText = "#16222c",
            TextPrimary = "#16222c",
            TextSecondary = "#4d5d69",
            LinesDefault = "#d3dbe2",
            LinesInputs = "#8494a0",
            Success = "#177245",
            Error = "#b3261e",
            Warning = "#8a5a00",
            Info = "#0b5c8f",
            ActionDefault = "#4d5d69",
            ActionDisabled = "#5f6f7b",
            ActionDisabledBackground = "#dfe5ea",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#59b7ef",
            PrimaryContrastText = "#04121c",
            Secondary = "#9fb0bd",
            Background = "#0e141a",
            Surface = "#162029",
            DrawerBackground = "#121b23",
            DrawerText = "#e6edf3",
            DrawerIcon = "#9fb0bd",
            AppbarBackground = "#121b23",
            AppbarText = "#e6edf3",
            TextPrimary = "#e6edf3",
            TextSecondary = "#9fb0bd",
            LinesDefault = "#2a3a47",
            LinesInputs = "#5c7080",
            Success = "#4cc38a",
            Error = "#ff7b72",
            Warning = "#f0b429",
            Info = "#59b7ef",
            ActionDefault = "#9fb0bd",
            ActionDisabled = "#8396a4",
            ActionDisabledBackground = "#22303b",
            SuccessContrastText = "#04121c",
            ErrorContrastText = "#1c0402",
            WarningContrastText = "#1c1202",
        },
        // A dense bar is three quarters of this high: 48 px.
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", AppbarHeight = "64px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Face, FontSize = ".875rem" },
            Button = new ButtonTypography { FontFamily = Face, TextTransform = "none", FontWeight = "600" },
        },
    };
}
