using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Contracts.Models;

/// <summary>A text as it was signed, and its detached signature: ECDSA over P-256 with SHA-256, base64.</summary>
public sealed record SignedText(string Text, string Signature);

/// <summary>Signs what edges are to trust. Whoever has the key decides what they run.</summary>
public sealed class ModelSigner : IDisposable
{
    private readonly ECDsa _key;

    private ModelSigner(ECDsa key) => _key = key;

    public string PublicKeyPem => _key.ExportSubjectPublicKeyInfoPem();

    /// <exception cref="ArgumentException">It is no private key on the curve P-256; the message says so.</exception>
    public static ModelSigner Of(string privateKeyPem)
    {
        var key = Keys.Import(privateKeyPem);
        try
        {
            key.SignData([], HashAlgorithmName.SHA256);
            return new ModelSigner(key);
        }
        catch (CryptographicException e)
        {
            key.Dispose();
            throw new ArgumentException("The signing key is a public key; the private one is needed.", nameof(privateKeyPem), e);
        }
    }

    /// <summary>A new private key, PEM (PKCS #8).</summary>
    public static string NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem();
    }

    public SignedText Sign(string text) => new(text, Convert.ToBase64String(_key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));

    public void Dispose() => _key.Dispose();
}

/// <summary>Says whether a text was signed with the key that it knows.</summary>
public sealed class ModelVerifier : IDisposable
{
    private readonly ECDsa _key;

    private ModelVerifier(ECDsa key) => _key = key;

    /// <param name="pem">A public key; of a private one the public part.</param>
    /// <exception cref="ArgumentException">It is no key on the curve P-256; the message says so.</exception>
    public static ModelVerifier Of(string pem) => new(Keys.Import(pem));

    public bool Holds(SignedText text)
    {
        var signature = new byte[text.Signature.Length];
        return Convert.TryFromBase64String(text.Signature, signature, out var length)
            && _key.VerifyData(Encoding.UTF8.GetBytes(text.Text), signature.AsSpan(0, length), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    public void Dispose() => _key.Dispose();
}

internal static class Keys
{
    public static ECDsa Import(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return key.KeySize == 256 ? key : throw new ArgumentException($"The key has {key.KeySize} bits; one on the curve P-256 is needed (openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256).");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw e is ArgumentException { InnerException: null } && e.Message.StartsWith("The key has", StringComparison.Ordinal) ? e : new ArgumentException("It is no PEM key on the curve P-256 (openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256).", e);
        }
    }
}
