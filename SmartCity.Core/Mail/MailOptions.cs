using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Mail;

/// <summary>Section <c>Core:Mail</c>: the server that takes the core's e-mail.</summary>
public sealed class MailOptions : IValidatableObject
{
    public const string Section = "Core:Mail";

    /// <summary>Without it no e-mail is sent.</summary>
    public string? Host { get; set; }

    [Range(1, 65_535)]
    public int Port { get; set; } = 587;

    public MailSecurity Security { get; set; } = MailSecurity.StartTls;

    /// <summary>Without it the core does not sign in.</summary>
    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary>The address that messages come from.</summary>
    public string? From { get; set; }

    /// <summary>How long the server may take for a message.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrEmpty(Host))
        {
            yield break;
        }

        if (!MailAddress.IsOne(From))
        {
            yield return new ValidationResult("Core:Mail:From must be the e-mail address that messages come from, because Core:Mail:Host is set.", [nameof(From)]);
        }

        if (!string.IsNullOrEmpty(User) && string.IsNullOrEmpty(Password))
        {
            yield return new ValidationResult("Core:Mail:Password is not set, but Core:Mail:User is.", [nameof(Password)]);
        }

        if (!string.IsNullOrEmpty(User) && Security == MailSecurity.None)
        {
            yield return new ValidationResult("Core:Mail:Security is None, so the password would be sent unencrypted. Set it to StartTls or Tls, or leave out Core:Mail:User.", [nameof(Security)]);
        }
    }
}

/// <summary>How the connection to the mail server is encrypted.</summary>
public enum MailSecurity
{
    /// <summary>It begins unencrypted and is encrypted before anything is said; a server that cannot is refused.</summary>
    StartTls,

    /// <summary>Encrypted from the beginning, as on port 465.</summary>
    Tls,

    /// <summary>Unencrypted; for a server on the same machine.</summary>
    None,
}
