using System.Diagnostics.CodeAnalysis;
using MimeKit;

namespace SmartCity.Core.Mail;

internal static class MailAddress
{
    private const int Longest = 254;

    /// <summary>Whether it is one e-mail address, without a name before it.</summary>
    public static bool IsOne([NotNullWhen(true)] string? text) =>
        text is { Length: > 2 and <= Longest } && !text.Any(char.IsControl) && MailboxAddress.TryParse(text, out var address) && address.Address == text && address.Domain.Length > 0 && address.LocalPart.Length > 0;
}
