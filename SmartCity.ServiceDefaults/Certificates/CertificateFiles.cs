using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.ServiceDefaults.Certificates;

/// <summary>Where a certificate and its key are, in the forms that Kestrel takes.</summary>
/// <param name="Certificate">PEM, with those that it rests on after it, or PKCS #12 with its key.</param>
/// <param name="Key">PEM; null for PKCS #12.</param>
/// <param name="Password">Of the key; null where it has none.</param>
public sealed record CertificateFiles(string Certificate, string? Key, string? Password)
{
    /// <summary>SHA-256 of a certificate, as browsers show it.</summary>
    public static string Fingerprint(X509Certificate2 certificate) =>
        string.Join(':', Convert.ToHexString(certificate.GetCertHash(HashAlgorithmName.SHA256)).Chunk(2).Select(c => new string(c)));

    /// <summary>SHA-256 of what the files hold: whether they changed. Times of files say nothing where a link is led elsewhere.</summary>
    internal byte[] Read() => SHA256.HashData([.. File.ReadAllBytes(Certificate), .. Key is null ? [] : File.ReadAllBytes(Key)]);

    /// <exception cref="CryptographicException">They do not fit each other, or are none.</exception>
    internal SslStreamCertificateContext Load()
    {
        var all = new X509Certificate2Collection();
        if (Key is null)
        {
            all = X509CertificateLoader.LoadPkcs12CollectionFromFile(Certificate, Password);
            var own = all.FirstOrDefault(c => c.HasPrivateKey) ?? throw new CryptographicException("It has no key.");
            return SslStreamCertificateContext.Create(own, all, offline: true);
        }

        all.ImportFromPemFile(Certificate);
        using var pair = Pair();

        // As a file of its own: Windows does not take a key that is in memory alone.
        return SslStreamCertificateContext.Create(X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null), all, offline: true);
    }

    private X509Certificate2 Pair()
    {
        try
        {
            return Password is null ? X509Certificate2.CreateFromPemFile(Certificate, Key) : X509Certificate2.CreateFromEncryptedPemFile(Certificate, Password, Key);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException($"The key in {Key} is another certificate's.", e);
        }
    }
}

/// <summary>What sees to it that there is a certificate that does not end soon: for those that SmartCity makes itself.</summary>
/// <param name="Ensure">Makes a new one, in the same files, if need be; gets the time, UTC.</param>
public sealed record CertificateRenewal(Action<DateTimeOffset> Ensure);
