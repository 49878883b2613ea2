using System.Net.Http.Headers;
using Microsoft.AspNetCore.WebUtilities;

namespace VllmAdapter.Tests.Audio;

/// <summary>A form as a server reads it, by a parser that is not ours.</summary>
internal sealed record SentForm(IReadOnlyList<(string Name, string Value)> Fields, byte[] File, string? FileName, string? FileType)
{
    public static async Task<SentForm> ReadAsync(byte[] body, string contentType)
    {
        string boundary = MediaTypeHeaderValue.Parse(contentType).Parameters.Single(parameter => parameter.Name == "boundary").Value!;
        var reader = new MultipartReader(boundary, new MemoryStream(body));
        List<(string, string)> fields = [];
        var form = new SentForm(fields, [], null, null);
        while (await reader.ReadNextSectionAsync() is { } section)
        {
            using var content = new MemoryStream();
            await section.Body.CopyToAsync(content);
            if (section.AsFileSection() is { FileStream: not null } file)
                form = form with { File = content.ToArray(), FileName = file.FileName, FileType = section.ContentType };
            else
                fields.Add((section.AsFormDataSection()!.Name, System.Text.Encoding.UTF8.GetString(content.ToArray())));
        }

        return form;
    }
}
