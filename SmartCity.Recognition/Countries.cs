namespace SmartCity.Recognition;

/// <summary>The countries that <see cref="CityCountry"/> distinguishes, in the order of its outputs; the last stands for all others.</summary>
internal static class Countries
{
    public const int Count = 26;
    public const int Other = Count - 1;

    private static readonly string[] Codes = ["GB", "DE", "FR", "NL", "BE", "IT", "ES", "PT", "AT", "CH", "PL", "CZ", "SK", "HU", "HR", "SI", "RO", "IE", "SE", "NO", "DK", "FI", "BR", "IN", "US"];

    /// <summary>Two letters of ISO 3166.</summary>
    public static string Code(int index) => Codes[index];

    /// <summary>A country's place in the order; <see cref="Other"/> for one that is not among them.</summary>
    public static int IndexOf(string country) => Array.IndexOf(Codes, country) is >= 0 and var index ? index : Other;
}
