using System.ComponentModel.DataAnnotations;

namespace SmartCity.ServiceDefaults.Certificates;

/// <summary>Section <c>Trust</c>: an authority of one's own, which vouches for some hosts in addition to the authorities that the system trusts.</summary>
public sealed class TrustOptions : IValidatableObject
{
    public const string Section = "Trust";

    /// <summary>Its certificate, PEM, or several of them; it is read anew for each connection that needs it. Null for none.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>Names of the hosts that it vouches for; it is believed about no other.</summary>
    public string[] Hosts { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AuthorityFile is { Length: > 0 } != (Hosts.Length > 0))
        {
            yield return new ValidationResult($"{Section}:{nameof(AuthorityFile)} and {Section}:{nameof(Hosts)} go together: the file of an authority, and the hosts that it vouches for.");
        }
    }
}
