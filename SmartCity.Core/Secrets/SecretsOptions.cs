using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Secrets;

/// <summary>Section <c>Core:Secrets</c>: what the core knows and the database does not.</summary>
internal sealed class SecretsOptions
{
    public const string Section = "Core:Secrets";

    /// <summary>At least 32 random characters, the same for every core of a database. It signs the audit and locks up the secrets in the database; keep a copy of it apart from the database's backups.</summary>
    [MinLength(32)]
    public string? Key { get; init; }

    /// <summary>A file that holds the key instead; it is made, readable for this user alone, if it is missing.</summary>
    [MinLength(1)]
    public string? KeyFile { get; init; }
}
