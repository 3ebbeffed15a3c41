using System.Text.RegularExpressions;

namespace SmartCity.Web.Components.Parts;

/// <summary>How a country's plates look: colours, the letters on their band, where the gaps are.</summary>
/// <param name="Style">Class of the plate.</param>
/// <param name="Band">Letters on the band at its left; empty where it has none.</param>
internal readonly partial record struct PlateLook(string Style, string Band)
{
    private static readonly Dictionary<string, string> European = new(StringComparer.Ordinal)
    {
        ["DE"] = "D",
        ["FR"] = "F",
        ["NL"] = "NL",
        ["BE"] = "B",
        ["IT"] = "I",
        ["ES"] = "E",
        ["PT"] = "P",
        ["AT"] = "A",
        ["PL"] = "PL",
        ["CZ"] = "CZ",
        ["SK"] = "SK",
        ["HU"] = "H",
        ["HR"] = "HR",
        ["SI"] = "SLO",
        ["RO"] = "RO",
        ["BG"] = "BG",
        ["GR"] = "GR",
        ["IE"] = "IRL",
        ["SE"] = "S",
        ["DK"] = "DK",
        ["FI"] = "FIN",
        ["EE"] = "EST",
        ["LV"] = "LV",
        ["LT"] = "LT",
        ["LU"] = "L",
        ["MT"] = "M",
        ["CY"] = "CY",
    };

    /// <param name="country">Two letters of ISO 3166; Great Britain when it is not known.</param>
    public static PlateLook Of(string? country) => country switch
    {
        null or "GB" => new("gb", ""),
        "NL" or "LU" => new("eu yellow", European[country]),
        "BE" => new("eu red", "B"),
        "NO" => new("eu", "N"),
        "CH" => new("plain", ""),
        "IN" => new("plain band", "IND"),
        "BR" => new("plain top", ""),
        "US" => new("plain us", ""),
        _ when European.TryGetValue(country, out var band) => new("eu", band),
        _ => new("plain", ""),
    };

    /// <summary>The plate with the gaps that its country puts in; as it is where no rule says.</summary>
    public static string Spaced(string plate, string? country)
    {
        var gaps = country switch
        {
            null or "GB" => British().Match(plate),
            "FR" or "IT" or "SE" or "FI" or "HU" => LettersDigitsLetters().Match(plate),
            "ES" or "PT" or "IN" or "BE" or "CZ" => Runs().Match(plate),
            "SK" or "PL" or "HR" or "SI" => Place().Match(plate),
            "NL" => Runs().Match(plate),
            "DK" or "NO" => LettersDigits().Match(plate),
            _ => Match.Empty,
        };
        return gaps.Success ? string.Join(' ', gaps.Groups.Cast<Group>().Skip(1).SelectMany(g => g.Captures).Where(c => c.Length > 0).OrderBy(c => c.Index).Select(c => c.Value)) : plate;
    }

    [GeneratedRegex("^([A-Z]{2}[0-9]{2})([A-Z]{3})$|^([A-Z][0-9]{1,3})([A-Z]{3})$|^([A-Z]{3})([0-9]{1,3}[A-Z])$|^([A-Z]{1,3})([0-9]{1,4})$|^([0-9]{1,4})([A-Z]{1,3})$")]
    private static partial Regex British();

    [GeneratedRegex("^([A-Z]{2,3})([0-9]{2,3})([A-Z]{0,2})$")]
    private static partial Regex LettersDigitsLetters();

    [GeneratedRegex("^([A-Z]+|[0-9]+)+$")]
    private static partial Regex Runs();

    [GeneratedRegex("^([A-Z]{2})([0-9A-Z]{3,5})([A-Z]{0,2})$")]
    private static partial Regex Place();

    [GeneratedRegex("^([A-Z]{2})([0-9]{5})$")]
    private static partial Regex LettersDigits();
}
