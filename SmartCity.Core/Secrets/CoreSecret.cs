using System.Security.Cryptography;
using System.Text;
using SmartCity.ServiceDefaults;

namespace SmartCity.Core.Secrets;

/// <summary>
/// The secret that a deployment gives its cores, and the keys made of it: one signs the audit, one locks up the secrets in the database. Whoever has
/// only the database, or a backup of it, can neither forge the one nor read the others.
/// </summary>
public sealed class CoreSecret
{
    private const int KeyBytes = AesSeal.KeyBytes;
    private const string Sealed = "sealed:";

    private readonly byte[] _seal;

    /// <param name="secret">At least 32 random characters.</param>
    public CoreSecret(string secret)
    {
        var material = Encoding.UTF8.GetBytes(secret.Trim());
        AuditKey = Derive(material, "audit");
        _seal = Derive(material, "seal");
    }

    /// <summary>Signs lines of the audit.</summary>
    internal byte[] AuditKey { get; }

    /// <summary>The secret of the settings, from the file when one is named; the file is made when it is missing.</summary>
    /// <exception cref="InvalidOperationException">Neither is given, or the file cannot be used; the message says what to do.</exception>
    public static CoreSecret From(string? key, string? file)
    {
        if (key is not null)
        {
            return new CoreSecret(key);
        }

        if (file is null)
        {
            throw new InvalidOperationException("Core:Secrets:Key is not set. Set it to 32 or more random characters, the same for every core of a database, or set Core:Secrets:KeyFile to a file that the core may make.");
        }

        try
        {
            if (!File.Exists(file))
            {
                PrivateFile.Write(Path.GetFullPath(file), stream => stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes)) + "\n")));
            }

            var text = File.ReadAllText(file).Trim();
            return text.Length >= KeyBytes ? new CoreSecret(text) : throw new InvalidOperationException($"{file} (Core:Secrets:KeyFile) holds fewer than {KeyBytes} characters.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"{file} (Core:Secrets:KeyFile) cannot be used: {e.Message}", e);
        }
    }

    /// <summary>A text that only cores with this secret can read (AES-256-GCM).</summary>
    /// <param name="purpose">What it is; a text cannot be moved to another place.</param>
    public string Seal(string text, string purpose) => Sealed + Convert.ToBase64String(AesSeal.Close(_seal, Encoding.UTF8.GetBytes(text), purpose));

    /// <summary>What was sealed. A text that never was is given as it is: a version before wrote it.</summary>
    /// <exception cref="InvalidOperationException">It was sealed with another secret, or changed.</exception>
    public string Open(string text, string purpose)
    {
        if (!IsSealed(text))
        {
            return text;
        }

        try
        {
            return Encoding.UTF8.GetString(AesSeal.Open(_seal, Convert.FromBase64String(text[Sealed.Length..]), purpose));
        }
        catch (CryptographicException e)
        {
            throw new InvalidOperationException($"A secret in the database ({purpose}) was sealed with another Core:Secrets:Key, or was changed. Give the core the key that it had, or enter the secret anew.", e);
        }
    }

    /// <summary>The same for the same text, and nothing that the text could be found by.</summary>
    public string Mark(string text, string purpose) => Convert.ToHexStringLower(HMACSHA256.HashData(_seal, Encoding.UTF8.GetBytes(purpose + "\n" + text)))[..16];

    private static bool IsSealed(string text) => text.StartsWith(Sealed, StringComparison.Ordinal);

    private static byte[] Derive(byte[] material, string use) => HKDF.DeriveKey(HashAlgorithmName.SHA256, material, KeyBytes, info: Encoding.ASCII.GetBytes("smartcity " + use));
}
