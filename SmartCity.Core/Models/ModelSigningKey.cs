using Microsoft.Extensions.Options;
using SmartCity.Contracts.Models;

namespace SmartCity.Core.Models;

/// <summary>The core's key, where it has one.</summary>
internal sealed class ModelSigningKey : IDisposable
{
    private readonly ModelSigner? _signer;

    public ModelSigningKey(IOptions<ModelOptions> options)
    {
        var pem = options.Value.SigningKey is { Length: > 0 } key ? key : options.Value.SigningKeyPath is { Length: > 0 } path ? File.ReadAllText(path) : null;
        if (pem is not null)
        {
            _signer = ModelSigner.Of(pem);
            Verifier = ModelVerifier.Of(_signer.PublicKeyPem);
        }
    }

    /// <summary>Why nothing can be signed; null if it can.</summary>
    public string? Missing => _signer is null ? "The core has no signing key, so edges would trust nothing that it releases. Set Core:Models:SigningKeyPath to a private key on the curve P-256, and Edge:Models:PublicKeyPath at the edges to its public key." : null;

    /// <summary>Null where there is no key.</summary>
    public ModelVerifier? Verifier { get; }

    /// <summary>PEM.</summary>
    /// <exception cref="InvalidOperationException">There is no key.</exception>
    public string PublicKeyPem => (_signer ?? throw new InvalidOperationException(Missing)).PublicKeyPem;

    /// <exception cref="InvalidOperationException">There is no key.</exception>
    public SignedText Sign(string text) => (_signer ?? throw new InvalidOperationException(Missing)).Sign(text);

    public void Dispose()
    {
        _signer?.Dispose();
        Verifier?.Dispose();
    }
}
