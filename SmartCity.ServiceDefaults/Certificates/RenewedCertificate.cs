using System.Net.Security;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace SmartCity.ServiceDefaults.Certificates;

/// <summary>A certificate that is shown elsewhere than at the https addresses: its files are looked at again when somebody connects, once a minute at most.</summary>
public sealed class RenewedCertificate
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly TakenCertificate _taken;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private DateTimeOffset _looked;
    private string? _fault;

    /// <exception cref="CryptographicException">The files do not fit each other, or are none.</exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public RenewedCertificate(CertificateFiles files, TimeProvider time, ILogger logger)
    {
        (_taken, _time, _looked, _logger) = (new TakenCertificate(files), time, time.GetUtcNow(), logger);
        _taken.Take();
    }

    /// <summary>What the files hold; what they held before, while they cannot be used.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_lock)
            {
                if (_time.GetUtcNow() - _looked >= Every)
                {
                    _looked = _time.GetUtcNow();
                    Look();
                }

                return _taken.Current!;
            }
        }
    }

    private void Look()
    {
        try
        {
            _taken.Take();
            _fault = null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // Half of a pair, as while somebody copies, if it is not so for long.
            if (_fault != e.Message)
            {
                _logger.LogWarning("The certificate's files have changed and cannot be used, so the certificate from before is shown on: {Error}", e.Message);
                _fault = e.Message;
            }
        }
    }
}
