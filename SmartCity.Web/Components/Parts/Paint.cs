namespace SmartCity.Web.Components.Parts;

/// <summary>Vehicles' colours as the screen has them.</summary>
internal static class Paint
{
    // Only names that are known go into a style.
    public static string Of(string? colour) => colour switch
    {
        "white" => "#f4f4f2",
        "silver" => "#c0c4c8",
        "grey" => "#777b80",
        "black" => "#16181a",
        "blue" => "#2f6fb5",
        "red" => "#c2322b",
        "green" => "#2f8050",
        "yellow" => "#e6c229",
        "orange" => "#e08427",
        "brown" => "#7a5636",
        "beige" => "#d8cbae",
        "gold" => "#c5a24a",
        "purple" => "#71479c",
        _ => "transparent",
    };
}
