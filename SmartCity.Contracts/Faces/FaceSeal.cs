using System.Security.Cryptography;

namespace SmartCity.Contracts.Faces;

/// <summary>
/// The key pair of one exchange. Templates are sealed for it, so that no buffer of a network, a proxy or a serializer ever holds one, and what was
/// recorded on the way can't be opened once the pair is gone. Curve P-256.
/// </summary>
public sealed class FaceKeyPair : IDisposable
{
    private readonly ECDiffieHellman _pair = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>X.509 SubjectPublicKeyInfo.</summary>
    public byte[] PublicKey => _pair.ExportSubjectPublicKeyInfo();

    /// <summary>What the two sides of the exchange share.</summary>
    /// <param name="theirs">The other side's <see cref="PublicKey"/>.</param>
    /// <exception cref="CryptographicException">It is no public key of the curve.</exception>
    public FaceSeal With(byte[] theirs)
    {
        using var other = ECDiffieHellman.Create();
        other.ImportSubjectPublicKeyInfo(theirs, out _);
        try
        {
            using var key = other.PublicKey;
            return new FaceSeal(_pair.DeriveKeyFromHash(key, HashAlgorithmName.SHA256));
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException("The public key is of another curve.", e);
        }
    }

    public void Dispose() => _pair.Dispose();
}

/// <summary>Seals templates of one exchange: AES-256-GCM, bound to deployment and entry.</summary>
public sealed class FaceSeal : IDisposable
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly AesGcm _aes;

    /// <summary>By so much what is sealed is longer.</summary>
    public const int Overhead = NonceBytes + TagBytes;

    internal FaceSeal(byte[] key)
    {
        _aes = new AesGcm(key, TagBytes);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <returns>A random nonce, what was sealed, and the tag.</returns>
    public byte[] Close(Guid deployment, Guid entry, ReadOnlySpan<byte> template)
    {
        var whole = new byte[template.Length + Overhead];
        RandomNumberGenerator.Fill(whole.AsSpan(0, NonceBytes));
        _aes.Encrypt(whole.AsSpan(0, NonceBytes), template, whole.AsSpan(NonceBytes, template.Length), whole.AsSpan(NonceBytes + template.Length), About(deployment, entry));
        return whole;
    }

    /// <param name="into">As long as <paramref name="whole"/> without <see cref="Overhead"/>.</param>
    /// <exception cref="CryptographicException">It was sealed for another exchange, deployment or entry, or was changed.</exception>
    public void Open(Guid deployment, Guid entry, ReadOnlySpan<byte> whole, Span<byte> into)
    {
        if (whole.Length != into.Length + Overhead)
        {
            throw new CryptographicException("A sealed template has another length.");
        }

        _aes.Decrypt(whole[..NonceBytes], whole.Slice(NonceBytes, into.Length), whole[(NonceBytes + into.Length)..], into, About(deployment, entry));
    }

    public void Dispose() => _aes.Dispose();

    private static byte[] About(Guid deployment, Guid entry) => [.. deployment.ToByteArray(), .. entry.ToByteArray()];
}
