using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Certificates;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>
/// The certificate of this machine's https addresses where nobody has given one: signed by itself, made at the first start and again before it ends, while
/// SmartCity runs, or when an address is added that it does not name.
/// </summary>
/// <param name="CertificateFile">PEM, for whoever is to trust it.</param>
/// <param name="KeyFile">PEM, for this user alone.</param>
internal sealed record OwnCertificate(string CertificateFile, string KeyFile)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // Browsers refuse longer ones.
    private static readonly TimeSpan Lasts = TimeSpan.FromDays(397);
    private static readonly TimeSpan RenewedBefore = TimeSpan.FromDays(30);

    // Clocks of clients differ.
    private static readonly TimeSpan Earlier = TimeSpan.FromDays(1);

    /// <summary>SHA-256 of the certificate, as browsers show it.</summary>
    public string Fingerprint
    {
        get
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(CertificateFile);
            return CertificateFiles.Fingerprint(certificate);
        }
    }

    /// <param name="folder">Where both files are kept.</param>
    /// <param name="hosts">Names and addresses that people type.</param>
    public static OwnCertificate Ensure(string folder, IReadOnlyCollection<string> hosts, DateTimeOffset now)
    {
        var own = new OwnCertificate(Path.Combine(folder, "certificate.pem"), Path.Combine(folder, "certificate-key.pem"));
        if (!own.Serves(hosts, now))
        {
            own.Make(hosts, now);
        }

        return own;
    }

    private bool Serves(IReadOnlyCollection<string> hosts, DateTimeOffset now)
    {
        if (!File.Exists(CertificateFile) || !File.Exists(KeyFile))
        {
            return false;
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
            return certificate.NotAfter.ToUniversalTime() - RenewedBefore > now && hosts.All(h => certificate.MatchesHostname(h, allowWildcards: false, allowCommonName: false));
        }
        catch (CryptographicException)
        {
            return false; // half of a pair, or no certificate: a new one is made
        }
    }

    private void Make(IReadOnlyCollection<string> hosts, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=SmartCity", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(now - Earlier, now + Lasts - Earlier);
        PrivateFile.Write(KeyFile, stream => stream.Write(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem())));
        PrivateFile.Write(CertificateFile, stream => stream.Write(Encoding.ASCII.GetBytes(certificate.ExportCertificatePem())));
    }
}
