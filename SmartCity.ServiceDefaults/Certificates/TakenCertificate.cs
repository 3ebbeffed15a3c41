using System.Net.Security;

namespace SmartCity.ServiceDefaults.Certificates;

/// <summary>What the files of a certificate held when they were last taken.</summary>
internal sealed class TakenCertificate(CertificateFiles files)
{
    private volatile SslStreamCertificateContext? _current;
    private byte[] _read = [];

    /// <summary>Null until it was taken for the first time.</summary>
    public SslStreamCertificateContext? Current => _current;

    /// <summary>Takes what the files hold, if they changed; whether they did. Where they cannot be used, what was taken before stays.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">They do not fit each other, or are none.</exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public bool Take()
    {
        var read = files.Read();
        if (read.AsSpan().SequenceEqual(_read))
        {
            return false;
        }

        (_current, _read) = (files.Load(), read);
        return true;
    }
}
