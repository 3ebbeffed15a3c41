using Microsoft.AspNetCore.Identity;

namespace SmartCity.Core.Access;

/// <summary>A person who may sign in.</summary>
public sealed class User : IdentityUser<Guid>
{
    public string[] Roles { get; set; } = [];

    /// <summary>Groups of stations that the user is limited to; none for the whole city.</summary>
    public string[] Groups { get; set; } = [];

    /// <summary>Kept for the audit's sake, and shut out.</summary>
    public bool Disabled { get; set; }

    public bool MustChangePassword { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? LastSignIn { get; set; }
}
