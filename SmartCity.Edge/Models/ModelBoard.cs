using SmartCity.Contracts.Models;

namespace SmartCity.Edge.Models;

/// <summary>What the heartbeats say of the models.</summary>
internal sealed class ModelBoard
{
    private volatile IReadOnlyList<ModelHeartbeat> _beats = [];

    public IReadOnlyList<ModelHeartbeat> Beats
    {
        get => _beats;
        set => _beats = value;
    }
}
