using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SmartCity.ServiceDefaults.Certificates;

/// <summary>
/// The authority of <see cref="TrustOptions"/>, for the calls that this process makes. What the system trusts is trusted as before, and names are checked in any
/// case. A client with a handler of its own does not know the authority.
/// </summary>
internal sealed class TrustedAuthority(IOptions<TrustOptions> options, ILogger<TrustedAuthority> logger)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    public static void Add(IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<TrustOptions>().BindConfiguration(TrustOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        if (builder.Configuration[$"{TrustOptions.Section}:{nameof(TrustOptions.AuthorityFile)}"] is not { Length: > 0 })
        {
            return;
        }

        builder.Services.AddSingleton<TrustedAuthority>();
        builder.Services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler((handler, provider) =>
        {
            if (handler is SocketsHttpHandler sockets)
            {
                sockets.SslOptions.RemoteCertificateValidationCallback = provider.GetRequiredService<TrustedAuthority>().IsTrusted;
            }
        }));
    }

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? given, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        // Another fault than that of the chain, such as another host's name, is one in any case.
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null || sender is not SslStream { TargetHostName: var host } || !options.Value.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase))
        {
            return false;
        }

        var file = options.Value.AuthorityFile!;
        try
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(file);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
            chain.ChainPolicy.ExtraStore.AddRange(given?.ChainElements.Select(e => e.Certificate).ToArray() ?? []);
            using var own = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
            return chain.Build(own);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            logger.LogError("The authority in {File} cannot be read, so {Host} is not trusted: {Error}", file, host, e.Message);
            return false;
        }
    }
}
