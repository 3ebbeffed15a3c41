namespace SmartCity.Core.Packages;

/// <summary>The rules of charges as the product's document has them, which a test holds to the code.</summary>
internal static class RuleTexts
{
    /// <summary>The file's name in a package.</summary>
    public const string FileName = "rules.md";

    /// <summary>The whole document, Markdown.</summary>
    public static string Document { get; } = Load();

    /// <summary>When a rule holds, in a sentence; null if the document does not name it.</summary>
    /// <param name="rule">Such as <c>ulez-non-compliant</c>.</param>
    public static string? Of(string rule) => Document.Split('\n')
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal) && line.Split('|')[1].Contains($"`{rule}`", StringComparison.Ordinal))
        .Select(line => line.Split('|')[2].Trim())
        .FirstOrDefault();

    private static string Load()
    {
        using var stream = typeof(RuleTexts).Assembly.GetManifestResourceStream("charges.md") ?? throw new InvalidOperationException("The document of the rules is missing from the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
