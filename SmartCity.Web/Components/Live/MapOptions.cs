using System.ComponentModel.DataAnnotations;

namespace SmartCity.Web.Components.Live;

/// <summary>What the Live page's map lies on: outlines that come with the console, or tiles of a server.</summary>
public sealed class MapOptions
{
    public const string Section = "Console:Map";

    /// <summary>Of raster tiles, with <c>{z}</c>, <c>{x}</c> and <c>{y}</c> in it; browsers ask that server themselves. Null for the outlines.</summary>
    [RegularExpression(@"https?://.*\{z\}.*", ErrorMessage = "Console:Map:TileUrl must be an http or https address with {{z}}, {{x}} and {{y}} in it.")]
    public string? TileUrl { get; init; }

    /// <summary>Whom the tiles are from, shown on the map.</summary>
    public string? TileAttribution { get; init; }
}
