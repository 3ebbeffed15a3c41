using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Sql;

/// <summary>Section <c>Core:Sql</c>: where the console's statements run, as whom, and how much they may use.</summary>
public sealed class SqlOptions
{
    public const string Section = "Core:Sql";

    /// <summary>Host and port of SmartCity.Lake, such as <c>127.0.0.1:5433</c>; null if there is none.</summary>
    public string? Address { get; set; }

    /// <summary>The certificate of the authority that signed the lake's, PEM. With it the connection is encrypted, and only a lake with such a certificate, for the host of <see cref="Address"/>, is spoken to.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>A role that was admitted to the schema <c>city</c> without plates.</summary>
    public string? Role { get; set; }

    public string? Password { get; set; }

    /// <summary>A role that was admitted with plates, for people who may search vehicles and see keepers, and give a reason; null for none.</summary>
    public string? PlatesRole { get; set; }

    public string? PlatesPassword { get; set; }

    /// <summary>How long a statement may run.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Statements of all people together that one core runs at a time; others wait.</summary>
    [Range(1, 100)]
    public int AtOnce { get; set; } = 4;

    /// <summary>Rows of an answer.</summary>
    [Range(1, 100_000)]
    public int MostRows { get; set; } = 5_000;

    /// <summary>Characters of an answer, all its values together.</summary>
    [Range(1_000, 100_000_000)]
    public int MostCharacters { get; set; } = 4_000_000;

    /// <summary>Rows of a file.</summary>
    [Range(1, 100_000_000)]
    public long MostExportedRows { get; set; } = 1_000_000;
}
